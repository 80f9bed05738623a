/**
 * `sudo` for root, who needs none: images leave it out, and what is written for AWS's own writes it before every command. Where the image's
 * own can run, it does. For another user than root it takes `setpriv` or `su`.
 */
export const sudoCommand = String.raw`
[ ! -x /usr/bin/sudo ] || [ ! -r /etc/sudoers ] || exec /usr/bin/sudo "$@"
[ "$(id -u)" = 0 ] || { echo 'sudo: only root can use it in this image' >&2; exit 1; }
user=root login=
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    -u|--user) user=$2; shift ;;
    -*iu) user=$2 login=yes; shift ;;
    -[A-Za-z]*u) user=$2; shift ;;
    -u?*) user=\${1#-u} ;;
    --user=*) user=\${1#--user=} ;;
    -g|-h|-p|-C|-r|-t|-T|-D|-R|--group|--host|--prompt|--chdir) shift ;;
    -v|-k|-K|-l|--validate|--list) exit 0 ;;
    -V|--version) echo 'sudo of LocalAWS'; exit 0 ;;
    -i|-s|--login|--shell) login=yes ;;
    -*i*|-*s*) login=yes ;;
    -*) ;;
    *=*) export "$1" ;;
    *) break ;;
  esac
  shift
done
if [ $# -eq 0 ]; then
  [ -n "$login" ] || { echo 'usage: sudo [-u user] command' >&2; exit 1; }
  set -- /bin/sh
  [ ! -x /bin/bash ] || set -- /bin/bash
elif [ -n "$login" ]; then
  set -- /bin/sh -c '"$@"' sh "$@"
fi
SUDO_USER=root SUDO_UID=0 SUDO_GID=0
export SUDO_USER SUDO_UID SUDO_GID
case $user in root|'#0') exec "$@" ;; esac
id "$user" >/dev/null || exit 1
HOME=$(sed -n "s/^$user:\([^:]*:\)\{4\}\([^:]*\):.*/\2/p" /etc/passwd) USER=$user LOGNAME=$user
export HOME USER LOGNAME
[ -z "$login" ] || cd "$HOME" || exit
if setpriv --version >/dev/null 2>&1; then
  exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$@"
fi
line=
for word; do line="$line '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; done
exec su -s /bin/sh -c "$line" "$user"
`.replaceAll("\\$", "$");
