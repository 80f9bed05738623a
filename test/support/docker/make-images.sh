#!/bin/sh
# Makes stand-ins for the images that the tests run, for machines that cannot pull: `alpine:latest` from Debian's
# busybox-static, and the databases of the versions that their names say from the suites that have them, with entrypoints of
# ours. An image of those names that was really pulled is left as it is. Needs Debian and, for the databases, root; the
# results are cached as tarballs. With --cache-only the tarballs are made and no engine is needed.
# LOCALAWS_TEST_IMAGES (a list with commas, as alpine,postgres:17) has no others imported: that takes seconds for each.
# MySQL is of `sid`, which may be broken on a day: that image is then missing, and the tests that need it are skipped.
set -eu
cache_only=
[ "${1:-}" != --cache-only ] || cache_only=yes

# Raise it when what the images hold changes: older ones are made again.
recipe=3
label=localaws.test-fixture
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/localaws-test
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt downloads as a user of its own.
chmod 755 "$work"
mkdir -p "$cache"

path='PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

# True where the engine has the image already: a pulled one, or ours of this recipe.
present() {
  made=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null) || return 1
  [ -z "$made" ] || [ "$made" = "$recipe" ]
}

make_alpine_root() {
  rm -rf "$work/root" "$work/deb"
  mkdir "$work/deb" "$work/root"
  chmod 777 "$work/deb"
  cd "$work/deb"
  apt-get -qq download busybox-static || { apt-get -qq update && apt-get -qq download busybox-static; }
  dpkg-deb -x ./busybox-static_*.deb .
  cd "$work/root"
  mkdir -p bin sbin usr/bin usr/sbin dev etc proc root run srv sys tmp var/log var/www home
  chmod 1777 tmp
  chmod 700 root
  ln -s /run var/run
  busybox=$(find "$work/deb" -path '*bin/busybox' -type f)
  cp "$busybox" bin/busybox
  for applet in $("$busybox" --list-full); do
    [ "$applet" = bin/busybox ] || [ -e "$applet" ] || ln -s /bin/busybox "$applet"
  done
  [ -e bin/sh ] || ln -s /bin/busybox bin/sh
  echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
  echo 'nobody:x:65534:65534:nobody:/:/bin/false' >>etc/passwd
  printf 'root:x:0:\nnobody:x:65534:\n' >etc/group
  printf 'root:*::0:::::\nnobody:!::0:::::\n' >etc/shadow
  printf 'NAME="Alpine Linux (stand-in of busybox)"\nID=alpine\nPRETTY_NAME="Alpine stand-in"\n' >etc/os-release
  echo 'hosts: files dns' >etc/nsswitch.conf
  cd "$here"
}

# $1: the suite, and the packages: their programs with the libraries that they need, beside busybox's.
make_package_root() {
  suite=$1
  shift
  if [ "$(id -u)" -ne 0 ]; then
    echo "Making a database's stand-in takes root (its files are another user's)." >&2
    return 1
  fi
  make_alpine_root
  mv "$work/root" "$work/busybox"
  "$here/extract-packages.sh" "$work/debian" "$suite" "$work/root" "$@" || return 1
  # Where the packages bring nothing of that name.
  (cd "$work/busybox" && find . ! -type d) | while read -r file; do
    [ -e "$work/root/$file" ] || [ -L "$work/root/$file" ] || {
      mkdir -p "$work/root/$(dirname "$file")"
      cp -a "$work/busybox/$file" "$work/root/$file"
    }
  done
  rm -rf "$work/busybox"
  mkdir -p "$work/root/dev" "$work/root/proc" "$work/root/sys" "$work/root/run" "$work/root/var"
  mkdir -p "$work/root/usr/local/bin" "$work/root/docker-entrypoint-initdb.d"
  install -d -m 1777 "$work/root/tmp"
  rm -rf "$work/root/var/run"
  ln -s /run "$work/root/var/run"
}

# $1: the account, in an image as of the official ones.
add_account() {
  echo "$1:x:999:999:$1:/var/lib/$1:/bin/sh" >>"$work/root/etc/passwd"
  echo "$1:x:999:" >>"$work/root/etc/group"
}

# $1: the suite, $2: the major
make_postgres_root() {
  make_package_root "$1" "postgresql-$2" gosu || return 1
  add_account postgres
  # The official image's socket folder, writable whoever runs the server.
  install -d -o 999 -g 999 -m 3777 "$work/root/run/postgresql"
  install -d -o 999 -g 999 "$work/root/var/lib/postgresql"
  install -m 755 "$here/postgres-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
  chroot "$work/root" "/usr/lib/postgresql/$2/bin/postgres" --version
  # What `initdb` makes in the environment of the image, for LocalAWS's superuser: each server's own takes seconds of a processor.
  unshare --mount sh -euc 'mount --rbind /dev "$1/dev"
    exec env --ignore-environment "$2:/usr/lib/postgresql/$3/bin" LANG=C.UTF-8 chroot --userspec=999:999 "$1" \
      initdb --pgdata=/var/lib/postgresql/initialized --username=rdsadmin --auth=trust --no-sync' sh "$work/root" "$path" "$2" >/dev/null
}

make_postgres_17_root() { make_postgres_root trixie 17; }
make_postgres_15_root() { make_postgres_root bookworm 15; }

# $1: the suite
make_mariadb_root() {
  make_package_root "$1" mariadb-server-core mariadb-client-core || return 1
  finish_mysql_root mariadb /etc/mysql/my.cnf
  chroot "$work/root" mariadbd --version
}

make_mariadb_11_root() { make_mariadb_root trixie; }
make_mariadb_10_root() { make_mariadb_root bookworm; }

make_mysql_root() {
  make_package_root sid mysql-server-core mysql-client-core || return 1
  # Each of these programs has most of the server in it.
  for program in "$work"/root/usr/bin/my* "$work"/root/usr/bin/ibd2sdi "$work"/root/usr/bin/innochecksum "$work"/root/usr/bin/perror; do
    case ${program##*/} in mysql | mysqladmin | mysqldump | mysqlbinlog) ;; *) rm -f "$program" ;; esac
  done
  rm -f "$work"/root/usr/lib/mysql/plugin/*client.so "$work"/root/usr/lib/mysql/plugin/*telemetry* \
    "$work"/root/usr/lib/mysql/plugin/group_replication.so
  finish_mysql_root mysql /etc/my.cnf
  chroot "$work/root" mysqld --no-defaults --version
}

# $1: whose entrypoint, $2: where the official image's own settings are
finish_mysql_root() {
  add_account mysql
  rm -rf "$work/root/etc/mysql"
  mkdir -p "$work/root/etc/mysql/conf.d"
  for folder in var/lib/mysql var/lib/mysql-files run/mysqld; do install -d -o 999 -g 999 "$work/root/$folder"; done
  socket=/run/mysqld/mysqld.sock
  printf '[client]\nsocket=%s\n[mysqld]\nuser=mysql\nsocket=%s\n!includedir /etc/mysql/conf.d/\n' "$socket" "$socket" \
    >"$work/root$2"
  install -m 755 "$here/$1-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
}

# $1: the image's name, $2: the name of its tarball, $3: the function that fills $work/root, and the image's changes.
make_image() {
  name=$1 tarball=$cache/$2-recipe$recipe.tar.gz fill=$3
  shift 3
  case ",${LOCALAWS_TEST_IMAGES:-$name}," in
    *",$name,"* | *",${name%:*},"*) ;;
    *) [ -n "$cache_only" ] || return 0 ;;
  esac
  if [ -z "$cache_only" ] && present "$name"; then
    echo "$name is there."
    return
  fi
  if [ ! -f "$tarball" ]; then
    echo "Making $name…"
    "$fill" || return 1
    tar -C "$work/root" --numeric-owner -cf "$work/image.tar" .
    gzip -1 <"$work/image.tar" >"$tarball.$$"
    mv "$tarball.$$" "$tarball"
  fi
  [ -z "$cache_only" ] || return 0
  docker import --change "LABEL $label=$recipe" "$@" "$tarball" "$name" >/dev/null
  echo "$name imported."
}

make_image alpine:latest alpine make_alpine_root \
  --change "ENV $path" --change 'CMD ["/bin/sh"]'
for major in 17 15; do
  make_image postgres:$major postgres-$major-initialized make_postgres_${major}_root \
    --change "ENV $path:/usr/lib/postgresql/$major/bin LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data" \
    --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["postgres"]' --change 'EXPOSE 5432' \
    --change 'VOLUME /var/lib/postgresql/data'
done
# $1: the version, $2: the name of its tarball, $3: the function that fills $work/root
make_mariadb_image() {
  make_image "mariadb:$1" "$2" "$3" \
    --change "ENV $path" --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["mariadbd"]' --change 'EXPOSE 3306' \
    --change 'VOLUME /var/lib/mysql'
}
make_mariadb_image 11.8 mariadb make_mariadb_11_root
make_mariadb_image 10.11 mariadb-10 make_mariadb_10_root
make_image mysql:9.7 mysql make_mysql_root \
  --change "ENV $path" --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["mysqld"]' \
  --change 'EXPOSE 3306 33060' --change 'VOLUME /var/lib/mysql' ||
  echo "mysql:9.7 could not be made: the tests that need MySQL are skipped." >&2

# The same server for the embedded runtime: its own libraries' loader runs it on a machine of another suite.
program=$cache/mysql-recipe$recipe
if [ -f "$program.tar.gz" ] && [ ! -d "$program" ]; then
  mkdir "$program.$$"
  tar -C "$program.$$" -xzf "$program.tar.gz" ./usr/lib ./usr/sbin/mysqld ./usr/share
  mkdir "$program.$$/programs"
  cat >"$program.$$/programs/mysqld" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/..
libraries=$(dirname "$root"/usr/lib/*/ld-linux*)
exec "$libraries"/ld-linux* --library-path "$libraries" "$root/usr/sbin/mysqld" "$@" --basedir="$root/usr"
WRAPPER
  chmod 755 "$program.$$/programs/mysqld"
  mv "$program.$$" "$program"
fi
