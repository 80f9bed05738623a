#!/bin/sh
# Runs LocalAWS as the user `localaws`, who is put into the group of the Docker socket that is mounted: its number is
# the host's, known only now.
set -eu

if [ "$(id -u)" != 0 ]; then
  exec localaws "$@"
fi
chown localaws:localaws /data
socket=/var/run/docker.sock
if [ -S "$socket" ]; then
  gid=$(stat -c %g "$socket")
  group=$(awk -F: -v gid="$gid" '$3 == gid { print $1; exit }' /etc/group)
  if [ -z "$group" ]; then
    group=docker-socket
    addgroup -g "$gid" "$group"
  fi
  addgroup localaws "$group"
fi
exec su-exec localaws localaws "$@"
