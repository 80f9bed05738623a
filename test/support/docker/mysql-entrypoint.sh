#!/bin/sh
# The entrypoint of the `mysql` stand-in. It behaves as https://hub.docker.com/_/mysql describes the official image: empty data
# are initialized by a server that listens on the unix socket alone, `root` gets the password of the environment and the
# statements of /docker-entrypoint-initdb.d are run; then the real server replaces this script.
set -eu
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

if [ "$1" != mysqld ]; then
  exec "$@"
fi
mkdir -p "$data" /run/mysqld
find "$data" /run/mysqld \! -user mysql -exec chown mysql:mysql '{}' +

if [ ! -d "$data/mysql" ]; then
  if [ -z "${MYSQL_ROOT_PASSWORD:-}" ]; then
    echo 'Database is uninitialized and password option is not specified' >&2
    exit 1
  fi
  "$@" --initialize-insecure --datadir="$data" --default-time-zone=SYSTEM
  "$@" --skip-networking --socket="$socket" --datadir="$data" --default-time-zone=SYSTEM &
  server=$!
  until mysql --protocol=socket -S "$socket" -uroot -e 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$server"
    sleep 0.1
  done
  {
    echo 'SET @@SESSION.SQL_LOG_BIN = 0;'
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
    if [ "${MYSQL_ROOT_HOST:-%}" != localhost ]; then
      echo "CREATE USER 'root'@'${MYSQL_ROOT_HOST:-%}' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
      echo "GRANT ALL ON *.* TO 'root'@'${MYSQL_ROOT_HOST:-%}' WITH GRANT OPTION;"
    fi
  } | mysql --protocol=socket -S "$socket" -uroot
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ -e "$file" ] || continue
    MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=socket -S "$socket" -uroot mysql <"$file"
  done
  kill "$server"
  wait "$server"
  echo 'MySQL init process done. Ready for start up.'
fi
exec "$@"
