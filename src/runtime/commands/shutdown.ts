/**
 * `shutdown`, `poweroff`, `halt` and `reboot` in a machine, whose image has none or those of a system's init that does not run: they tell
 * PID 1, by TERM and by INT, which is what a keyboard's Ctrl-Alt-Del is to an init. Options as those of systemd, of sysvinit and of BusyBox.
 */
export const shutdownCommand = String.raw`
name=$(basename "$0") signal=TERM delay=now
case $name in reboot) signal=INT ;; shutdown) delay= ;; esac
[ "$(id -u)" = 0 ] || { echo "$name: must be superuser." >&2; exit 1; }
mark=/run/localaws-shutdown
while [ $# -gt 0 ]; do
  case $1 in
    --reboot) signal=INT ;;
    -c) [ ! -e "$mark" ] || { kill "$(cat "$mark")"; rm -f "$mark"; } 2>/dev/null; exit 0 ;;
    -k|--wtmp-only|-w) exit 0 ;;
    -d) shift; sleep "$1" ;;
    --*) ;;
    -*r*) signal=INT ;;
    -*) ;;
    *) [ -n "$delay" ] || delay=$1 ;;
  esac
  shift
done
case $delay in
  now|0|+0) exec kill -s "$signal" 1 ;;
  *:*)
    minute() { h=$(echo "$1" | sed 's/:.*//; s/^0//') m=$(echo "$1" | sed 's/.*://; s/^0//'); echo $((\${h:-0} * 60 + \${m:-0})); }
    minutes=$((($(minute "$delay") - $(minute "$(date +%H:%M)") + 1440) % 1440)) ;;
  *) minutes=$(echo "\${delay:-1}" | sed 's/^+//') ;;
esac
case $minutes in ''|*[!0-9]*) echo "$name: $delay is no time." >&2; exit 1 ;; esac
if command -v setsid >/dev/null; then set -- setsid; else set --; fi
"$@" sh -c 'echo $$ >"$1"; sleep "$2"; rm -f "$1"; kill -s "$3" 1' sh "$mark" $((minutes * 60)) "$signal" </dev/null >/dev/null 2>&1 &
echo "Shutdown scheduled in $minutes minutes, use 'shutdown -c' to cancel."
`.replaceAll("\\$", "$");
