import type { Readable, Writable } from "node:stream";
import type { ProgramSignal } from "./machine-driver.ts";

/**
 * Runs in the machine, as the leader of the terminal's session. It says its process id and waits for a line, so that the
 * terminal has its size before a program sees it; then it becomes the program ("$@"), or a login shell.
 */
const startScript = `
printf 'localaws-terminal %s\\r\\n' "$$"
read -r LOCALAWS_GO
unset LOCALAWS_GO
[ -n "$HOME" ] || { HOME=/root; export HOME; }
[ -n "$LANG$LC_ALL$LC_CTYPE" ] || { LANG=C.UTF-8; export LANG; }
cd "$HOME" 2>/dev/null || cd /
[ $# -eq 0 ] || exec "$@"
if command -v bash >/dev/null 2>&1; then exec bash -l; fi
exec /bin/sh -l
`;

/**
 * Signals every process of a session: $1 is the signal, $2 the session's leader. Of \`/proc/PID/stat\` the fourth field
 * after the name in parentheses is the session: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
const signalScript = `
signal=$1 leader=$2 session=
for stat in /proc/[0-9]*/stat; do
  { read -r line <"$stat"; } 2>/dev/null || continue
  pid=\${stat#/proc/}
  set -- \${line##*) }
  [ "$4" != "$leader" ] || session="$session \${pid%/stat}"
done
[ -z "$session" ] || kill -s "$signal" $session 2>/dev/null
[ "$signal" != HUP ] || [ -z "$session" ] || kill -s CONT $session 2>/dev/null
exit 0
`;

export const terminalEnvironment = { TERM: "xterm-256color" } as const;

/** The command for a new terminal: hands `argv`, or a login shell, over to `greet`. */
export function shellCommand(argv: readonly string[] = []): string[] {
  return ["/bin/sh", "-c", startScript, "localaws-terminal", ...argv];
}

/** The command that signals all of a terminal's session from beside it. A stopped program is continued to see SIGHUP. */
export function signalCommand(signal: ProgramSignal, leader: number): string[] {
  return ["/bin/sh", "-c", signalScript, "localaws-terminal", signal, String(leader)];
}

/** The command for a program without a terminal: says its process id, its session's, on its second stream. */
export function programCommand(argv: readonly string[]): string[] {
  return ["/bin/sh", "-c", `printf 'localaws-program %s\\n' "$$" >&2; exec "$@"`, "localaws-program", ...argv];
}

/** Takes what `programCommand` says off `stderr`; resolves with the process id. @throws Error with what was written instead */
export async function readProgramId(stderr: Readable): Promise<number> {
  return Number(await readThrough(stderr, /^localaws-program (\d+)\n/));
}

/**
 * The start of a terminal, whose program is `shellCommand`: reads its greeting, has `size` set the terminal's size, and lets
 * it go on. Resolves with the session leader's process id, as the machine counts; what `output` has then is the program's.
 * @throws Error with what was written instead
 */
export async function greet(output: Readable, input: Writable, size: () => Promise<void>): Promise<number> {
  const leader = await readThrough(output, /localaws-terminal (\d+)\r+\n/);
  await size();
  input.write("\n");
  // The terminal's echo of it.
  await readThrough(output, /\r?\n/);
  return Number(leader);
}

/** Milliseconds: what is no shell may say nothing at all. */
const greetingTimeout = 30_000;

/** Reads up to the end of the first match; resolves with its first group. */
function readThrough(stream: Readable, pattern: RegExp): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let text = "";
    const take = () => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
        text += chunk.toString("latin1");
      }
      const match = pattern.exec(text);
      if (match === null && text.length < 65_536) return;
      stop();
      if (match === null) return reject(new Error("It said too much, and nothing that was expected."));
      const rest = text.slice(match.index + match[0].length);
      if (rest !== "") stream.unshift(Buffer.from(rest, "latin1"));
      resolve(match[1]);
    };
    const fail = () => {
      stop();
      reject(new Error(text.trim() || "It ended, or said nothing."));
    };
    const timer = setTimeout(fail, greetingTimeout);
    const stop = () => {
      clearTimeout(timer);
      stream.off("readable", take).off("end", fail).off("close", fail).off("error", fail);
    };
    stream.on("readable", take).on("end", fail).on("close", fail).on("error", fail);
    take();
  });
}
