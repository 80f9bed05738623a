/**
 * `cloud-init` and `cloud-id` in a machine, for what scripts ask after a boot: https://cloudinit.readthedocs.io/en/latest/reference/cli.html.
 * What it tells is what the boot's script writes below `/run/cloud-init`. A boot that has nothing to do has no script, and has finished
 * when none has begun in the first seconds.
 */
export const cloudInitCommand = String.raw`
run=/run/cloud-init
[ "\${0##*/}" != cloud-id ] || { echo aws; exit 0; }
seconds() {
  read -r up _ </proc/uptime
  set -- $(sed 's/.*) //' /proc/1/stat)
  shift 19
  echo $((\${up%.*} - $1 / 100))
}
look() {
  errors='[]' code=0 detail=DataSourceEc2Local
  if [ -e "$run/result.json" ]; then
    errors=$(sed -n 's/^ *"errors": *//p' "$run/result.json")
    status=done
    [ "$errors" = '[]' ] || status=error code=1
  elif [ -e "$run/status.json" ]; then status=running
  elif [ "$(seconds)" -lt 5 ]; then status='not started'
  else status=done; fi
}
tell() {
  case $format in
    json) echo "{\"boot_status_code\": \"enabled-by-generator\", \"datasource\": \"ec2\", \"detail\": \"$detail\", \"errors\": $errors, \"extended_status\": \"$status\", \"last_update\": \"\", \"recoverable_errors\": {}, \"status\": \"$status\"}" ;;
    yaml) printf '%s\n' --- 'boot_status_code: enabled-by-generator' 'datasource: ec2' "detail: $detail" "errors: $errors" "extended_status: $status" "last_update: ''" 'recoverable_errors: {}' "status: $status" ;;
    *)
      echo "status: $status"
      [ -z "$long" ] || printf '%s\n' "extended_status: $status" 'boot_status_code: enabled-by-generator' "detail: $detail" "errors: $errors" 'recoverable_errors: {}' ;;
  esac
}
status() {
  format= long= waits=
  while [ $# -gt 0 ]; do
    case $1 in
      -w|--wait) waits=yes ;;
      -l|--long) long=yes ;;
      --format) format=$2; shift ;;
      --format=*) format=\${1#--format=} ;;
      *) echo "cloud-init status: unrecognized arguments: $1" >&2; exit 2 ;;
    esac
    shift
  done
  look
  while [ -n "$waits" ] && [ "$status" = running -o "$status" = 'not started' ]; do
    [ -n "$format" ] || printf .
    sleep 0.25 2>/dev/null || sleep 1
    look
  done
  [ -z "$waits" ] || [ -n "$format" ] || echo
  tell
  exit "$code"
}
query() {
  case $1 in
    -a|--all) exec cat "$run/instance-data.json" ;;
    userdata|--user-data) exec cat /var/lib/cloud/instance/user-data.txt ;;
    ''|-*) echo "cloud-init query: LocalAWS does --all and the name of a value, such as v1.instance_id" >&2; exit 2 ;;
  esac
  [ -e "$run/instance-data.json" ] || { echo "ERROR: Missing instance-data file: $run/instance-data.json" >&2; exit 1; }
  while IFS='	' read -r name value; do
    case $name in "$1"|v1."$1") printf '%s\n' "$value"; exit 0 ;; esac
  done <"$run/localaws-values"
  echo "ERROR: instance-data '$1' has no $1" >&2
  exit 1
}
clean() {
  for word; do
    case $word in
      -l|--logs|-*l*) rm -f /var/log/cloud-init.log /var/log/cloud-init-output.log ;;
      --machine-id) [ ! -e /etc/machine-id ] || echo uninitialized >/etc/machine-id ;;
      -r|--reboot) again=yes ;;
    esac
  done
  rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data
  [ -z "$again" ] || exec /usr/local/sbin/reboot
  exit 0
}
again=
word=$1
[ $# -eq 0 ] || shift
case $word in
  status|clean) "$word" "$@" ;;
  query) query "\${1:-}" ;;
  -v|--version) echo "$0 24.4-LocalAWS" ;;
  *) echo "cloud-init: LocalAWS does status, query, clean and --version, and not \${word:-nothing}" >&2; exit 2 ;;
esac
`.replaceAll("\\$", "$");
