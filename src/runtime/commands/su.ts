import { runAsFunction } from "../run-as.ts";

/** `su` for root, in images that have none; for others it would take a password, and what checks it. */
export const suCommand = String.raw`
for program in /bin/su /usr/bin/su; do [ ! -x "$program" ] || exec "$program" "$@"; done
[ "$(id -u)" = 0 ] || { echo 'su: Authentication failure' >&2; exit 1; }
user= login= shell= command= given=
while [ $# -gt 0 ]; do
  case $1 in
    -|-l|--login) login=yes ;;
    -c|--command) command=$2 given=yes; shift ;;
    -lc) command=$2 given=yes login=yes; shift ;;
    --command=*) command=\${1#*=} given=yes ;;
    -s|--shell) shell=$2; shift ;;
    --shell=*) shell=\${1#*=} ;;
    --) shift; break ;;
    -*) ;;
    *) [ -z "$user" ] || break; user=$1 ;;
  esac
  shift
done
user=\${user:-root}
entry=$(sed -n "s/^$user:\([^:]*:\)\{4\}//p" /etc/passwd)
[ -n "$entry" ] || { echo "su: user $user does not exist or the user entry does not contain all the required fields" >&2; exit 1; }
home=\${entry%%:*}
shell=\${shell:-\${entry#*:}}
shell=\${shell:-/bin/sh}
[ -z "$given" ] || set -- -c "$command" "$@"
${runAsFunction}if [ -n "$login" ]; then
  cd "$home" 2>/dev/null || { echo "su: warning: cannot change directory to $home" >&2; cd /; }
  run_as "$user" env -i HOME="$home" SHELL="$shell" USER="$user" LOGNAME="$user" TERM="$TERM" PATH=/usr/local/bin:/bin:/usr/bin:/usr/local/sbin:/usr/sbin:/sbin "$shell" -l "$@"
fi
[ "$user" = root ] || USER=$user LOGNAME=$user
HOME=$home SHELL=$shell
export HOME SHELL USER LOGNAME
run_as "$user" "$shell" "$@"
`.replaceAll("\\$", "$");
