#!/bin/sh
# The entrypoint of the `mariadb` stand-in. It behaves as https://hub.docker.com/_/mariadb describes the official image: empty
# data are initialized by a server that listens on the unix socket alone, `root` gets the password of the environment and
# the statements of /docker-entrypoint-initdb.d are run; then the real server replaces this script.
set -eu
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

if [ "$1" != mariadbd ]; then
  exec "$@"
fi
mkdir -p "$data" /run/mysqld
find "$data" /run/mysqld \! -user mysql -exec chown mysql:mysql '{}' +

if [ ! -d "$data/mysql" ]; then
  if [ -z "${MARIADB_ROOT_PASSWORD:-}" ]; then
    echo 'Database is uninitialized and password option is not specified' >&2
    exit 1
  fi
  mariadb-install-db --datadir="$data" --user=mysql --rpm --auth-root-authentication-method=normal --skip-test-db >/dev/null
  # From 11.4 on, clients want to know who vouches for a server that encrypts, also at a socket, and of late refuse one that does not.
  "$@" --skip-networking --socket="$socket" --skip-ssl &
  server=$!
  until mariadb --skip-ssl --protocol=socket -S "$socket" -uroot -e 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$server"
    sleep 0.1
  done
  root="'root'@'${MARIADB_ROOT_HOST:-%}'"
  mariadb --skip-ssl --protocol=socket -S "$socket" -uroot <<SQL
SET @@SESSION.sql_log_bin = 0;
DROP USER IF EXISTS root@'127.0.0.1', root@'::1';
ALTER USER root@localhost IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
CREATE USER IF NOT EXISTS $root IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
GRANT ALL ON *.* TO $root WITH GRANT OPTION;
SQL
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ -e "$file" ] || continue
    MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --skip-ssl --protocol=socket -S "$socket" -uroot <"$file"
  done
  kill "$server"
  wait "$server"
  echo 'MariaDB init process done. Ready for start up.'
fi
exec "$@"
