#!/bin/sh
# Extracts Debian packages, and those that they need, into a folder: no script of theirs is run, so it takes seconds and no
# root file system around them. Documentation, locales and what only such scripts need is left out.
# usage: extract-packages.sh <cache folder> <suite> <folder> <package>…
# The cache folder has the lists and packages of all suites: another call with it downloads nothing twice.
set -eu
cache=$1 suite=$2 root=$3
shift 3

# What the programs here run without: scripts' interpreters and the tools of an installation, an init system, and the
# compiler of PostgreSQL's expressions, which is as large as all the rest.
unneeded='^(perl|libperl|perl-|lib.*-perl|debconf|adduser|passwd|login|init-system-helpers|sysvinit|libsystemd-shared|systemd'
unneeded="$unneeded|locales|libc-l10n|libc-gconv|postgresql.*common|ssl-cert|openssl$|ucf|sensible-utils|procps|psmisc|lsof|rsync"
unneeded="$unneeded|socat|gawk|iproute2|galera|libllvm|libz3|base-passwd|libc-bin-extra|libbpf|libproc2|libsemanage|libsepol"
unneeded="$unneeded|libgdbm|mariadb-client$|mysql-client$|gcc-.*-base)"

own=$cache/$suite
mkdir -p "$own/lists/partial" "$own/archives/partial" "$root"
if [ ! -f "$own/apt.conf" ]; then
  : >"$own/status"
  source="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main"
  echo "deb $source" >"$own/sources.list"
  cat >"$own/new.conf" <<CONF
Dir::Etc::sourcelist "$own/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::status "$own/status";
Dir::State::lists "$own/lists";
Dir::Cache "$own";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::Retries "3";
CONF
  APT_CONFIG=$own/new.conf apt-get -qq --error-on=any update
  # Only a list that is there is not fetched again.
  mv "$own/new.conf" "$own/apt.conf"
fi
export APT_CONFIG="$own/apt.conf"

needed=$(apt-get -q -s install "$@" | awk '$1 == "Inst" { print $2 }' | grep -Ev "$unneeded")
cd "$own/archives"
for package in $needed; do
  [ -n "$(find . -name "${package}_*.deb" -size +0)" ] || echo "$package"
done | xargs -r apt-get -qq download

# One folder each for programs and libraries, as Debian has it.
for folder in bin sbin lib lib64; do
  mkdir -p "$root/usr/$folder"
  [ -e "$root/$folder" ] || ln -s "usr/$folder" "$root/$folder"
done
for package in $needed; do
  dpkg-deb --fsys-tarfile "./${package}"_*.deb |
    tar -C "$root" -x --keep-directory-symlink --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
      --exclude='./usr/share/locale/*' --exclude='*/bitcode/*' --exclude='*/llvmjit*' --exclude='*/gconv/*' \
      --exclude='./usr/share/bug/*' --exclude='./usr/share/lintian/*' --exclude='./lib/systemd/*' --exclude='./usr/lib/systemd/*'
done
