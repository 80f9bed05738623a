#!/bin/bash
# Runs a command in a network of its own (with no way out) with a Docker engine of its own, and leaves neither behind:
# whatever other engines, or earlier runs that were killed, have left on this machine does not reach it. Needs root, Linux
# and dockerd; the images come from the cache that `make-images.sh --cache-only` fills.
# The exit code is the command's.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  state=$(mktemp -d /var/tmp/localaws-engine-XXXXXX)
  # The engine's layers are on the disk: an overlay cannot lie on another.
  trap 'rm -rf "$state"' EXIT
  unshare --net --mount --propagation private --kill-child -- "$0" --inside "$state" "$@"
  exit
fi

state=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)

ip link set lo up
# An address beside loopback, from the block for documentation (RFC 5737): what comes from it comes from elsewhere.
ip link add outside type veth peer name outside-end
ip address add 198.51.100.1/24 dev outside
ip link set outside up
ip link set outside-end up
# Sockets, pids and named networks of other engines are in /run.
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns /var/lib/docker
mount --bind "$state" /var/lib/docker
unset DOCKER_HOST

"$here/start-engine.sh"
engine=$(</run/docker.pid)
stop_engine() {
  kill "$engine" 2>/dev/null || return 0
  tail --pid="$engine" --sleep-interval=0.2 -f /dev/null
  umount /var/lib/docker
}
trap stop_engine EXIT
"$here/make-images.sh"
# MySQL for the embedded runtime, where its image could be made: on PATH, so that a test can do without it.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/localaws-test
programs=$(find "$cache" -mindepth 2 -maxdepth 2 -path '*/mysql-recipe*/programs' | sort -V | tail -n 1)
[ -z "$programs" ] || export PATH="$programs:$PATH"
"$@"
