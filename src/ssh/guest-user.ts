import type { MachineDriver } from "../runtime/machine-driver.ts";

/** Who a person is in a machine. */
export interface GuestUser {
  readonly name: string;
  readonly home: string;
}

const root: GuestUser = { name: "root", home: "/root" };

/**
 * The user of this name, where the image has one; else root, as which the images' usual users (`ec2-user`, `ubuntu`,
 * `admin`) may do everything anyway.
 */
export async function findGuestUser(machines: MachineDriver, id: string, name: string): Promise<GuestUser> {
  if (!/^[A-Za-z_][\w.-]{0,63}$/.test(name)) return root;
  const { stdout } = await machines.exec(id, [
    ...[
      "/bin/sh",
      "-c",
      'while IFS=: read -r name _ _ _ _ home _; do [ "$name" != "$1" ] || echo "$home"; done </etc/passwd',
    ],
    ...["sh", name],
  ]);
  const home = stdout.split("\n")[0] ?? "";
  return home.startsWith("/") ? { name, home } : root;
}

/** The lines of a user's `authorized_keys`, as cloud-init or people have written them. */
export async function authorizedKeys(machines: MachineDriver, id: string, user: GuestUser): Promise<string[]> {
  const { stdout } = await machines.exec(id, ["/bin/sh", "-c", 'cat "$1/.ssh/authorized_keys"', "sh", user.home]);
  return stdout.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** The command that runs `argv` as the user, in its home folder. */
export function asUser(user: GuestUser, argv: readonly string[]): string[] {
  const command = argv.map(quote).join(" ");
  // Without a terminal of its own, `su` takes the shell that it is told and leaves the environment to it.
  return user.name === "root"
    ? [...argv]
    : ["su", "-s", "/bin/sh", user.name, "-c", `cd ${quote(user.home)} 2>/dev/null || cd /; exec ${command}`];
}

/** A login shell, or what an SSH server does with a command: hands it to the user's shell. */
export function shellOf(user: GuestUser, command?: string): string[] {
  const start = `export HOME=${quote(user.home)} USER=${quote(user.name)} LOGNAME=${quote(user.name)}
cd "$HOME" 2>/dev/null || cd /
shell=/bin/sh; [ ! -x /bin/bash ] || shell=/bin/bash
export SHELL=$shell
`;
  const script = command === undefined ? `${start}exec "$shell" -l` : `${start}exec "$shell" -c ${quote(command)}`;
  return asUser(user, ["/bin/sh", "-c", script]);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
