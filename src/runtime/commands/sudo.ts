import { runAsFunction } from "../run-as.ts";
import { becomeRootFile, rootScript } from "./become-root.ts";

/**
 * `sudo`, which images leave out, and what is written for AWS's own writes before every command. Where the image's own can run, it does.
 * It hands over what a command may be given of the caller's environment.
 */
export const sudoCommand = `
[ ! -x /usr/bin/sudo ] || [ ! -e /etc/sudoers ] || exec /usr/bin/sudo "$@"
set -- "$(export -p)" "$TERM" "$LANG" "$LC_ALL" "$@"
[ "$(id -u)" != 0 ] || exec /bin/sh ${rootScript} 0 "$@"
[ -u ${becomeRootFile} ] && exec ${becomeRootFile} "$@"
echo 'sudo: only root can use it in this image' >&2
exit 1
`;

/**
 * The part of `sudo` that runs as root, for a caller who is not to be trusted before a rule lets in: it has nothing of the caller's
 * environment. Rules are those of `/etc/sudoers` and `/etc/sudoers.d` by name, group and command, without aliases:
 * https://www.sudo.ws/docs/man/sudoers.man/. No password is asked for: a rule without NOPASSWD lets nobody in.
 */
export const sudoRootScript = String.raw`
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
caller=$1 exported=$2 term=$3 lang=$4 lc=$5
shift 5
[ "$(id -u)" = 0 ] || { echo 'sudo: effective uid is not 0, is sudo installed setuid root?' >&2; exit 1; }
# $1: its field of /etc/passwd, $2: a value. Sets the entry's fields.
entry_of() {
  while IFS=: read -r name _ uid _ _ home shell; do
    case $1 in name) value=$name ;; *) value=$uid ;; esac
    [ "$value" != "$2" ] || return 0
  done </etc/passwd
  return 1
}
entry_of uid "$caller" || { echo 'sudo: you do not exist in the passwd database' >&2; exit 1; }
who=$name groups=" $(id -Gn "$name" 2>/dev/null) "

user=root flags= folder=
take() {
  case $1 in
    u) user=$2 ;;
    D) folder=$2 ;;
  esac
}
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    --user|--chdir|--group|--host|--prompt|--role|--type|--close-from|--chroot|--command-timeout|--other-user)
      case $1 in --user) take u "$2" ;; --chdir) take D "$2" ;; esac
      shift ;;
    --user=*) user=\${1#*=} ;;
    --chdir=*) folder=\${1#*=} ;;
    --preserve-env) flags=\${flags}E ;;
    --login) flags=\${flags}i ;;
    --shell) flags=\${flags}s ;;
    --list) flags=\${flags}l ;;
    --validate) flags=\${flags}v ;;
    --version) flags=\${flags}V ;;
    --*) ;;
    -?*)
      letters=\${1#-}
      while [ -n "$letters" ]; do
        rest=\${letters#?}
        letter=\${letters%"$rest"}
        letters=$rest
        case $letter in
          [CDghpRrTtUu])
            [ -n "$rest" ] || { rest=$2; shift; }
            take "$letter" "$rest"
            letters= ;;
          *) flags=$flags$letter ;;
        esac
      done ;;
    *) break ;;
  esac
  [ $# -eq 0 ] || shift
done
case $flags in *V*) echo 'Sudo version 1.9 (LocalAWS)'; exit 0 ;; *[kK]*) [ $# -gt 0 ] || exit 0 ;; esac

case $user in '#'*) entry_of uid "\${user#\#}" ;; *) entry_of name "$user" ;; esac || { echo "sudo: unknown user $user" >&2; exit 1; }
user=$name target_home=$home target_shell=\${shell:-/bin/sh}

case $flags in
  *[is]*)
    if [ $# -eq 0 ]; then set -- "$target_shell"; else set -- "$target_shell" -c '"$@"' sh "$@"; fi
    case $flags in *i*) shift; set -- "$target_shell" -l "$@" ;; esac ;;
esac

# A shell may tell nothing of the files of what it can do by itself.
file_of() {
  case $1 in
    */*) ;;
    *)
      IFS=:
      for place in $PATH; do [ ! -x "$place/$1" ] || { echo "$place/$1"; return; }; done ;;
  esac
  echo "$1"
}
program= spoken=
for word; do
  if [ -n "$program" ]; then
    spoken="$spoken $word"
  else
    case $word in [A-Za-z_]*=*) ;; *) program=$(file_of "$word") spoken=$program ;; esac
  fi
done

# The last rule that is about the caller, the user and the command decides: $allowed is free, asks or nothing; $all, whether it is for any command.
allowed= all= known=
# As sudo, it knows a program by its file, whichever its path.
is_for() {
  path=\${1%% *}
  case $program in
    $path) ;;
    *) [ "\${path##*/}" = "\${program##*/}" ] && [ "$path" -ef "$program" ] || return 1 ;;
  esac
  case $1 in *' '*) case \${spoken#* } in \${1#* }) ;; *) return 1 ;; esac ;; esac
}
rule() {
  known=yes
  line=\${1#*=}
  line=\${line#"\${line%%[! ]*}"}
  as=root
  case $line in '('*) as=\${line#?} as=\${as%%)*} line=\${line#*)} ;; esac
  as=\${as%%:*}
  case ",$(echo "$as" | tr -d ' ')," in *,ALL,*|*",$user,"*) ;; *) return 0 ;; esac
  ask=asks
  set -f
  IFS=,
  for entry in $line; do
    entry=\${entry#"\${entry%%[! ]*}"}
    while :; do
      case $entry in
        NOPASSWD:*) ask=free ;;
        PASSWD:*) ask=asks ;;
        [A-Z]*:*) ;;
        *) break ;;
      esac
      entry=\${entry#*:}
      entry=\${entry#"\${entry%%[! ]*}"}
    done
    entry=\${entry%"\${entry##*[! ]}"}
    case $entry in
      ALL) allowed=$ask all=yes ;;
      '!ALL') allowed= ;;
      '!'*) ! is_for "\${entry#!}" || allowed= ;;
      *) ! is_for "$entry" || allowed=$ask all= ;;
    esac
  done
  unset IFS
  set +f
}
[ "$caller" != 0 ] || allowed=free all=yes
for file in /etc/sudoers /etc/sudoers.d/*; do
  [ -r "$file" ] && [ "$caller" != 0 ] || continue
  case $file in /etc/sudoers.d/*.*|*~) continue ;; esac
  while read -r subject line; do
    case $subject in
      "$who"|ALL|"#$caller") rule "$line" ;;
      %*) case $groups in *" \${subject#%} "*) rule "$line" ;; esac ;;
    esac
  done <"$file"
done
case $flags in
  *l*)
    [ -n "$allowed" ] || { echo "Sorry, user $who may not run sudo on $(uname -n)." >&2; exit 1; }
    [ $# -eq 0 ] || { echo "$spoken"; exit 0; }
    printf 'User %s may run the following commands on %s:\n    (ALL) %s\n' "$who" "$(uname -n)" "NOPASSWD: ALL"
    exit 0 ;;
esac
case $allowed in
  free) ;;
  asks) echo 'sudo: a password is required' >&2; exit 1 ;;
  *)
    [ -n "$known" ] || { echo "$who is not in the sudoers file." >&2; exit 1; }
    echo "Sorry, user $who is not allowed to execute '$spoken' as $user on $(uname -n)." >&2
    exit 1 ;;
esac
case $flags in *v*) exit 0 ;; esac
[ -n "$program" ] || { echo 'usage: sudo [-u user] command' >&2; exit 1; }
command -v -- "$program" >/dev/null || { echo "sudo: $program: command not found" >&2; exit 1; }

set -- SUDO_USER="$who" SUDO_UID="$caller" SUDO_GID="$(id -g "$who")" SUDO_COMMAND="$spoken" "$@"
case $flags in
  *E*)
    [ -z "$all" ] || eval "$exported"
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    set -- env "$@" ;;
  *)
    endpoint=$({ tr '\0' '\n' </proc/1/environ; } 2>/dev/null | sed -n 's/^AWS_ENDPOINT_URL=//p')
    for word in AWS_ENDPOINT_URL="$endpoint" LC_ALL="$lc" LANG="$lang" TERM="$term"; do
      [ -z "\${word#*=}" ] || set -- "$word" "$@"
    done
    set -- env -i PATH="$PATH" HOME="$target_home" SHELL="$target_shell" USER="$user" LOGNAME="$user" "$@" ;;
esac
case $flags in *i*) folder=\${folder:-$target_home} ;; esac
[ -z "$folder" ] || cd "$folder" 2>/dev/null || { echo "sudo: unable to change directory to $folder" >&2; exit 1; }
${runAsFunction}run_as "$user" "$@"
`.replaceAll("\\$", "$");
