import type Docker from "dockerode";
import { writeCommands } from "../machine-commands.ts";
import { rebootExitCode } from "../machine-driver.ts";

/**
 * What PID 1 (the engine's own small init, which reaps) runs in a machine: the image's command as a service, and
 * afterwards nothing, for as long as the machine is up. Images such as `alpine` have a shell as their command, which ends
 * at once where nobody types; an instance stays up whatever its programs do. The signals are those that a machine gets:
 * TERM from the engine and from `kill 1` inside, INT from `reboot`, USR1 and USR2 from BusyBox's own `halt` and `poweroff`.
 * $1 is the signal that ends the image's command, the rest is the command.
 */
const bootScript = `
end() {
  trap '' TERM INT USR1 USR2
  [ -z "$service" ] || { kill "-$signal" "$service"; wait "$service"; } 2>/dev/null
  exit "$1"
}
trap 'end 0' TERM USR1 USR2
trap 'end ${rebootExitCode}' INT
service=
${writeCommands}
WAIT
[ $# -eq 0 ] || { "$@" & service=$!; wait "$service"; service=; }
while :; do sleep 2147483647 & wait "$!"; done
`;

/** Until the machine has a default route, which comes when all else of its network is there. Nothing but the shell's own and `sleep`. */
const networkWait = `
networked() {
  while read -r _ destination _; do [ "$destination" != 00000000 ] || return 0; done </proc/net/route
  return 1
}
until networked; do sleep 0.05 & wait "$!"; done`;

/** The program that a machine's boot script needs; looked for in the container before its first start. */
export const bootShell = "/bin/sh";

export type BootOptions = Pick<Docker.ContainerCreateOptions, "Entrypoint" | "Cmd" | "StopSignal"> & {
  readonly init: boolean;
};

interface ImageCommand {
  readonly Entrypoint?: string | string[] | null | undefined;
  readonly Cmd?: string[] | null | undefined;
  readonly StopSignal?: string | undefined;
}

/**
 * How a machine of an image boots that has a shell. An image that brings a system's init runs it, as its PID 1. `waits`: for its network,
 * which it is given once it runs.
 */
export function bootWithShell(image: ImageCommand, waits: boolean): BootOptions {
  const command = [image.Entrypoint ?? [], image.Cmd ?? []].flat();
  if (isInit(command[0])) {
    if (!waits) return bootAlone(image);
    return { Entrypoint: [bootShell, "-c", `${networkWait}\nexec "$@"`, "localaws-boot"], Cmd: command, init: false };
  }
  const signal = (image.StopSignal ?? "TERM").replace(/^SIG/, "");
  const script = bootScript.replace("\nWAIT\n", () => `\n${waits ? networkWait : ""}\n`);
  return {
    Entrypoint: [bootShell, "-c", `signal=$1; shift\n${script}`, "localaws-boot", signal],
    Cmd: command,
    StopSignal: "SIGTERM",
    init: true,
  };
}

/** How a machine of an image boots that has no shell: its own command is all that there is, and the machine ends with it. */
export function bootAlone(image: ImageCommand): BootOptions {
  return { init: !isInit([image.Entrypoint ?? [], image.Cmd ?? []].flat()[0]) };
}

function isInit(program: string | undefined): boolean {
  return program !== undefined && /(^|\/)(init|systemd)$/.test(program);
}
