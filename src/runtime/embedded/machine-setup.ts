import { commandsFile, writeCommands } from "../machine-commands.ts";
import { rebootExitCode } from "../machine-driver.ts";

/**
 * What the host's file system lends to a machine: programs, libraries and settings, by name. All else (home folders,
 * `/run`, `/var`, `/opt`, `/usr/local`, LocalAWS's data) is not hidden but was never there.
 */
const userland = "/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc";

/** What root keeps inside: enough for daemons that change their user; nothing that reaches the kernel or its devices. */
const capabilities =
  "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot";

/** Takes prlimit's options and cgroup folders off the arguments, to the first `--`. */
const confine = `limits=
while [ "$1" != -- ]; do
  case $1 in
    --*) limits="$limits $1" ;;
    *) echo 0 >"$1/cgroup.procs" ;;
  esac
  shift
done
shift
`;

/** Ends in the machine with no way back: the bounding set and `no_new_privs` hold for all that it ever runs. */
const enter = `prlimit --core=0 $limits setpriv --inh-caps=-all --bounding-set=${capabilities} chroot /m /usr/bin/env -i --`;

/**
 * PID 1 until the machine's own init: runs in the new namespaces, makes the machine's file system and network, and leaves
 * the host's. Arguments: folder, overlay options, host name, address with prefix length, MAC address, prlimit's options, cgroup folders,
 * `--`, the machine's `NAME=value` and its init. Writes `ready PID ADDRESS` to descriptor 3, the PID as the host sees it, and with
 * LOCALAWS_WAITS goes on when it reads a line there.
 *
 * The machine's root user can write its disk, so after its first start nothing there is to be trusted: no program of it
 * runs before `setpriv`, and no symbolic link in it is followed. Therefore the namespace's root is a read-only tree with
 * programs of the host (the "entry"), and the machine is `/m` in it. Who breaks out of the chroot finds nothing but those.
 */
export const setupScript = String.raw`
set -eu
folder=$1 options=$2 host=$3 address=$4 mac=$5
shift 5
umask 022
read -r pid rest </proc/self/stat
${confine}
# Relative paths from here: the folder's name may hold commas and colons, which mean something to mount.
cd "$folder"
mount -t tmpfs -o mode=0755,nosuid,size=1m tmpfs mnt
mkdir mnt/m mnt/old mnt/proc mnt/empty

# 1. Whiteouts over what the host keeps from its other users, and over /usr/local, which is the administrator's.
find /etc -xdev \( -type d ! -perm -005 -o ! -type d ! -type l ! -perm -004 \) -prune -exec sh -c '
  for path; do
    mkdir -p "seed$(dirname "$path")"
    [ -e "seed$path" ] || mknod "seed$path" c 0 0
  done' sh {} +
mkdir -p seed/usr
mknod seed/usr/local c 0 0

# 2. The entry, and the machine's root on its own disk.
mount --bind disk mnt/m
place() {
  [ ! -L "mnt/m$1" ] || rm "mnt/m$1"
  [ -d "mnt/m$1" ] || { rm -f "mnt/m$1"; mkdir "mnt/m$1"; }
}
for tree in ${userland}; do
  if [ -L "$tree" ]; then
    ln -s "$(readlink "$tree")" "mnt$tree"
    [ -e "mnt/m$tree" ] || [ -L "mnt/m$tree" ] || ln -s "$(readlink "$tree")" "mnt/m$tree"
  elif [ -d "$tree" ]; then
    mkdir -p "seed$tree" "layers$tree/upper" "layers$tree/work"
    if [ "$tree" != /etc ]; then
      mkdir "mnt$tree"
      mount -t overlay -o "lowerdir=seed$tree:$tree$options" overlay "mnt$tree"
    fi
    place "$tree"
    mount -t overlay -o "lowerdir=seed$tree:$tree,upperdir=layers$tree/upper,workdir=layers$tree/work$options" \
      overlay "mnt/m$tree"
  fi
done

# 3. /proc without what acts on the whole kernel: the machine's root is root of the host too where LocalAWS is.
mount -t proc -o nosuid,nodev,noexec proc mnt/proc
for path in bus fs irq sys sysrq-trigger; do
  [ -e "mnt/proc/$path" ] || continue
  mount --bind "mnt/proc/$path" "mnt/proc/$path"
  mount -o remount,bind,ro,nosuid,nodev,noexec "mnt/proc/$path"
done
for path in kcore keys latency_stats sched_debug timer_list; do
  [ ! -e "mnt/proc/$path" ] || mount --bind /dev/null "mnt/proc/$path"
done
for path in acpi asound scsi; do
  [ ! -d "mnt/proc/$path" ] || mount --bind mnt/empty "mnt/proc/$path"
done
place /proc
mount --rbind mnt/proc mnt/m/proc

place /dev
mount -t tmpfs -o mode=0755,nosuid,noexec,size=64k tmpfs mnt/m/dev
mkdir mnt/m/dev/pts mnt/m/dev/shm
for device in null zero full random urandom tty; do
  : >"mnt/m/dev/$device"
  mount --bind "/dev/$device" "mnt/m/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,nosuid,noexec devpts mnt/m/dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m tmpfs mnt/m/dev/shm
ln -s pts/ptmx mnt/m/dev/ptmx
ln -s /proc/self/fd mnt/m/dev/fd
ln -s fd/0 mnt/m/dev/stdin
ln -s fd/1 mnt/m/dev/stdout
ln -s fd/2 mnt/m/dev/stderr
ln -s /proc/1/fd/1 mnt/m/dev/console
place /run
mount -t tmpfs -o mode=0755,nosuid,nodev,size=64m tmpfs mnt/m/run

printf %s "$LOCALAWS_COMMANDS" >mnt/m${commandsFile}
unset LOCALAWS_COMMANDS

place /mnt
place /mnt/ebs
mount --bind "$LOCALAWS_VOLUMES" mnt/m/mnt/ebs
mount -o remount,bind,nosuid,nodev mnt/m/mnt/ebs

# 4. Its name, and its address on a pair of interfaces that both end here, unless it is given its interface.
hostname "$host"
given=none
if [ -n "$LOCALAWS_WAITS" ]; then
  ip link set lo up
  given=$address
elif command -v ip >/dev/null; then
  ip link set lo up
  device=eth0
  if ip link add eth0 address "$mac" type veth peer name peer0 2>/dev/null; then
    ip link set peer0 up
    ip link set eth0 up
  elif ip link add eth0 address "$mac" type dummy 2>/dev/null; then
    ip link set eth0 up
  else
    device=lo
  fi
  ip address add "$address" dev "$device" && given=$address
  # A way for what asks the metadata service; a packet rule turns it away before it leaves.
  ip route add 169.254.169.254/32 dev "$device"
fi

# 5. Leaves the host's file system.
cd mnt
pivot_root . old
umount -l /old
mount -o remount,ro,mode=0755,nosuid tmpfs /
echo "ready $pid $given" >&3
[ -z "$LOCALAWS_WAITS" ] || read -r _ <&3
cd /
exec ${enter} "$@"
`;

/**
 * Enters a running machine, with what its own processes may do and no more. Arguments: prlimit's options, cgroup folders, `--`, the options
 * that name the namespaces to nsenter, `--`, `NAME=value` for the environment, the program and its arguments.
 */
export const enterScript = `
set -eu
${confine}target=
while [ "$1" != -- ]; do target="$target $1"; shift; done
shift
exec nsenter $target -- ${enter} "$@"
`;

/**
 * The machine's own PID 1, which runs in it from its own programs: reaps what is orphaned, and on SIGTERM ends all, by
 * TERM and by HUP, since interactive shells ignore TERM; SIGINT is a reboot. It writes to descriptor 3 when it listens to that.
 */
export const initScript = `
power_off() {
  trap '' TERM INT
  kill -s TERM -- -1 2>/dev/null
  kill -s HUP -- -1 2>/dev/null
  while kill -s 0 -- -1 2>/dev/null; do sleep 0.05; done
  echo "$1 is down"
  exit "$2"
}
trap 'power_off "$1" 0' TERM
trap 'power_off "$1" ${rebootExitCode}' INT
mkdir -p -m 0700 /root
mkdir -p /home /media /mnt /opt /srv /usr/local/bin /usr/local/lib /usr/local/sbin /var/cache /var/lib /var/log /var/spool
mkdir -p -m 1777 /tmp /var/tmp
[ -e /var/run ] || ln -s /run /var/run
${writeCommands}
echo "$1 is up"
echo up >&3
exec 3>&-
while :; do sleep 2147483647 & wait "$!"; done
`;
