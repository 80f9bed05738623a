#!/bin/sh
# Makes stand-ins for the images that the tests run, for machines that cannot pull: `alpine:latest` from Debian's
# busybox-static, `postgres:17` from Debian's PostgreSQL 15 and `mariadb:11.8` from this machine's MariaDB, with entrypoints of ours. An image of those names that was
# really pulled is left as it is. Needs Debian and, for the databases, root; the results are cached as tarballs. With
# --cache-only the tarballs are made and no engine is needed.
set -eu
cache_only=
[ "${1:-}" != --cache-only ] || cache_only=yes

# Raise it when what the images hold changes: older ones are made again.
recipe=1
label=localaws.test-fixture
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/localaws-test
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt downloads as a user of its own.
chmod 755 "$work"
mkdir -p "$cache"

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

make_postgres_root() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "Making the postgres stand-in takes root (debootstrap)." >&2
    exit 1
  fi
  command -v debootstrap >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends debootstrap
  rm -rf "$work/root" "$work/deb"
  debootstrap --variant=minbase --include=postgresql-15,gosu bookworm "$work/root" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; exit 1; }
  rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists" "$work/root/usr/share/doc" \
    "$work/root/usr/share/man" "$work/root/usr/share/locale" "$work/root/var/lib/postgresql/15"
  mkdir -p "$work/root/var/lib/apt/lists/partial" "$work/root/var/cache/apt/archives/partial"
  install -m 755 "$here/postgres-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
  # The official image's socket folder, writable whoever runs the server.
  install -d -o "$(stat -c %u "$work/root/var/lib/postgresql")" -m 3777 "$work/root/var/run/postgresql"
}

# The programs of this machine's MariaDB, with the libraries that they need, beside busybox's.
make_mariadb_root() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "Making the mariadb stand-in takes root (its files are another user's)." >&2
    exit 1
  fi
  command -v mariadbd >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mariadb-server
  make_alpine_root
  root=$work/root
  mkdir -p "$root/usr/share" "$root/usr/local/bin" "$root/etc/mysql/conf.d" "$root/docker-entrypoint-initdb.d"
  cp -a /usr/share/mysql "$root/usr/share/"
  rm -rf "$root/usr/share/mysql/mysql-test"
  for program in mariadbd mariadb mariadb-install-db my_print_defaults; do
    path=$(command -v "$program")
    install -D -m 755 "$(readlink -f "$path")" "$root$path"
    # Nothing of a script.
    ldd "$path" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
      [ -e "$root$library" ] || install -D -m 755 "$library" "$root$library"
    done
  done
  echo 'mysql:x:999:999:mysql:/nonexistent:/bin/false' >>"$root/etc/passwd"
  echo 'mysql:x:999:' >>"$root/etc/group"
  for folder in var/lib/mysql run/mysqld; do install -d -o 999 -g 999 "$root/$folder"; done
  # What the official image's own files say.
  printf '[client-server]\nsocket=/run/mysqld/mysqld.sock\n[mysqld]\nuser=mysql\n!includedir /etc/mysql/conf.d/\n' \
    >"$root/etc/mysql/my.cnf"
  install -m 755 "$here/mariadb-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
}

# $1: the image's name, $2: the name of its tarball, $3: the function that fills $work/root, and the image's changes.
make_image() {
  name=$1 tarball=$cache/$2-recipe$recipe.tar.gz fill=$3
  shift 3
  if [ -z "$cache_only" ] && present "$name"; then
    echo "$name is there."
    return
  fi
  if [ ! -f "$tarball" ]; then
    echo "Making $name…"
    "$fill"
    tar -C "$work/root" --numeric-owner -cf "$work/image.tar" .
    gzip -1 <"$work/image.tar" >"$tarball.$$"
    mv "$tarball.$$" "$tarball"
  fi
  [ -z "$cache_only" ] || return 0
  docker import --change "LABEL $label=$recipe" "$@" "$tarball" "$name" >/dev/null
  echo "$name imported."
}

path='PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
make_image alpine:latest alpine make_alpine_root \
  --change "ENV $path" --change 'CMD ["/bin/sh"]'
make_image postgres:17 postgres make_postgres_root \
  --change "ENV $path:/usr/lib/postgresql/15/bin LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data" \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["postgres"]' --change 'EXPOSE 5432' \
  --change 'VOLUME /var/lib/postgresql/data'
make_image mariadb:11.8 mariadb make_mariadb_root \
  --change "ENV $path" --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["mariadbd"]' --change 'EXPOSE 3306' \
  --change 'VOLUME /var/lib/mysql'
