#!/bin/sh
# The entrypoint of the `postgres` stand-in. It behaves as https://hub.docker.com/_/postgres describes the official
# image: an empty PGDATA is initialized with the superuser and the database of the environment by a server that listens
# on the unix socket alone; then the real server replaces this script.
set -eu

if [ "$1" != postgres ]; then
  exec "$@"
fi
if [ "$(id -u)" -eq 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec gosu postgres "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  if [ "$user" = rdsadmin ]; then
    # What `initdb` has made for it.
    cp -a /var/lib/postgresql/initialized/. "$PGDATA"
  else
    initdb --pgdata="$PGDATA" --username="$user"
  fi
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"

  pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses=''" start
  printf '%s' "ALTER USER :\"user\" PASSWORD :'password'" |
    psql -qX --username="$user" --dbname=postgres -v ON_ERROR_STOP=1 -v user="$user" -v password="$POSTGRES_PASSWORD"
  if [ "${POSTGRES_DB:-$user}" != postgres ]; then
    createdb --username="$user" --no-password --maintenance-db=postgres "${POSTGRES_DB:-$user}"
  fi
  pg_ctl --pgdata="$PGDATA" --wait --mode=fast stop
  echo 'PostgreSQL init process complete; ready for start up.'
fi
unset POSTGRES_PASSWORD
exec "$@"
