#!/bin/sh
# Has a Docker engine answer on this Debian machine: installs and starts one when none does. Needs root for that.
set -eu

answers() {
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

if answers; then
  echo "A Docker engine answers: $(docker version --format '{{.Server.Version}}')."
  exit 0
fi
if [ -n "${DOCKER_HOST:-}" ]; then
  echo "No Docker engine answers at DOCKER_HOST=$DOCKER_HOST." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "No Docker engine answers, and installing one takes root." >&2
  exit 1
fi

if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends docker.io iptables
fi

log=$(mktemp /tmp/dockerd-XXXXXX.log)
# In a session of its own, so that it outlives this script and the terminal's Ctrl-C.
setsid dockerd >"$log" 2>&1 </dev/null &
engine=$!

tries=0
until answers; do
  tries=$((tries + 1))
  if ! kill -0 "$engine" 2>/dev/null || [ "$tries" -gt 120 ]; then
    echo "dockerd did not come up; its last lines:" >&2
    tail -n 20 "$log" >&2
    exit 1
  fi
  sleep 0.5
done
echo "Started a Docker engine: $(docker version --format '{{.Server.Version}}'); it logs to $log."
