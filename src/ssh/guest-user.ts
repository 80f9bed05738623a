import type { MachineDriver } from "../runtime/machine-driver.ts";
import { runAsFunction } from "../runtime/run-as.ts";

/** Who a person is in a machine. */
export interface GuestUser {
  readonly name: string;
  readonly home: string;
  /** Of `/etc/passwd`. */
  readonly shell: string;
  /** The lines of the user's `authorized_keys`, as cloud-init or people have written them. */
  readonly keys: readonly string[];
}

/** The users that images have on AWS, of which a machine has one, or none. */
export interface DefaultUsers {
  readonly names: ReadonlySet<string>;
  /** In a machine, once its first boot has made its default user: the user's name, or nothing. */
  readonly file: string;
}

/**
 * $1: a name, $2: the file that tells the default user's, where the name is one of those that stand for it. Waits for that, but not
 * longer than a first boot takes to come as far. Its first line is an entry of `/etc/passwd`; without, there is no such user.
 */
const findScript = `
entry() {
  while IFS= read -r line; do case $line in "$1":*) echo "$line"; return 0 ;; esac; done </etc/passwd
  return 1
}
found=
if [ -n "$2" ]; then
  n=0
  until [ -e "$2" ] || [ $n -ge 50 ]; do sleep 0.1; n=$((n + 1)); done
fi
found=$(entry "$1") || {
  [ -n "$2" ] || [ "$1" = root ] || exit 0
  name=
  [ ! -e "$2" ] || read -r name <"$2"
  found=$(entry "\${name:-root}") || found=root:x:0:0::/root:
}
echo "$found"
home=\${found%:*}
cat "\${home##*:}/.ssh/authorized_keys" 2>/dev/null
exit 0
`;

/**
 * The machine's user of this name; for a name that an image's default user has on AWS also the machine's own default user, or root where
 * it has none. Undefined where there is no such user.
 */
export async function findGuestUser(
  machines: MachineDriver,
  id: string,
  name: string,
  { names, file }: DefaultUsers,
): Promise<GuestUser | undefined> {
  if (!/^[A-Za-z_][\w.-]{0,63}$/.test(name)) return undefined;
  const { stdout } = await machines.exec(id, ["/bin/sh", "-c", findScript, "sh", name, names.has(name) ? file : ""]);
  const [entry = "", ...keys] = stdout.split("\n");
  const [found, , , , , home = "/", shell = ""] = entry.split(":");
  if (found === undefined || found === "") return undefined;
  return { name: found, home: home || "/", shell, keys: keys.filter((line) => /^\s*[^\s#]/.test(line)) };
}

/** The command that runs `argv` as the user, in its home folder; a terminal that it has is the user's. */
export function asUser({ name, home }: GuestUser, argv: readonly string[]): string[] {
  if (name === "root") return [...argv];
  const script = `${runAsFunction}user=$1
cd "$2" 2>/dev/null || cd /
[ ! -t 0 ] || chown "$1" /proc/self/fd/0
shift 2
run_as "$user" "$@"`;
  return ["/bin/sh", "-c", script, "sh", name, home, ...argv];
}

/** A login shell, or what an SSH server does with a command: hands it to the user's shell. */
export function shellOf(user: GuestUser, command?: string): string[] {
  // Root's is often the smaller one of an image's.
  const own = user.name === "root" ? "" : user.shell;
  const script = `export HOME=${quote(user.home)} USER=${quote(user.name)} LOGNAME=${quote(user.name)}
cd "$HOME" 2>/dev/null || cd /
shell=${quote(own)}
[ -n "$shell" ] || { shell=/bin/sh; [ ! -x /bin/bash ] || shell=/bin/bash; }
export SHELL=$shell
`;
  const start = command === undefined ? `exec "$shell" -l` : `exec "$shell" -c ${quote(command)}`;
  return asUser(user, ["/bin/sh", "-c", `${script}${start}`]);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
