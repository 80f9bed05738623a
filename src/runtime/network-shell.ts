import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { blankInheritedDescriptors } from "./inherited-descriptors.ts";

/** Of programs of the host. */
export const hostEnvironment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** Runs its arguments beside what else runs, and answers in one write, which a pipe keeps together: number, exit code, length, words. */
const prelude = `run() {
  number=$1; shift
  words=$("$@" 2>&1 >/dev/null) && code=0 || code=$?
  [ -z "$words" ] || words=$(printf %.2000s "$words")
  printf '%s %s %s\\n%s' "$number" "$code" "\${#words}" "$words"
}
`;

type Shell = ChildProcessByStdio<Writable, Readable, null>;

interface Waiting {
  resolve(answer: { exitCode: number; stderr: string }): void;
  reject(error: Error): void;
}

/**
 * Runs short programs of the host (`ip`, `nft`) by a shell that stays: this process stands still while it starts one itself, which a
 * busy host makes long, and a machine's network takes several. The shell ends with this process.
 */
class NetworkShell {
  #shell: Shell | undefined;
  #number = 0;
  readonly #waiting = new Map<number, Waiting>();
  #answers = "";

  /** Resolves with the first 2,000 bytes of what the program has complained of. @throws Error where no shell can be had */
  run(command: readonly string[], input: string): Promise<{ exitCode: number; stderr: string }> {
    const shell = this.#open();
    const number = this.#number++;
    const end = `END-${randomBytes(8).toString("hex")}`;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#hold(shell);
      const lines = input === "" || input.endsWith("\n") ? input : `${input}\n`;
      shell.stdin.write(`run ${number} ${command.map(quoted).join(" ")} <<'${end}' &\n${lines}${end}\n`);
    });
  }

  #open(): Shell {
    if (this.#shell !== undefined) return this.#shell;
    const shell: Shell = spawn("sh", [], {
      cwd: "/",
      env: hostEnvironment,
      // No signal of a terminal, as Ctrl-C, reaches it.
      detached: true,
      stdio: blankInheritedDescriptors(["pipe", "pipe", "ignore"]) as ["pipe", "pipe", "ignore"],
    });
    shell.on("error", (error) => this.#lose(shell, error));
    shell.on("close", () => this.#lose(shell, new Error("The shell for networks has ended.")));
    shell.stdin.on("error", () => {});
    shell.stdout.setEncoding("latin1").on("data", (text: string) => this.#read(shell, text));
    shell.stdin.write(prelude);
    this.#shell = shell;
    this.#answers = "";
    return shell;
  }

  #read(shell: Shell, text: string): void {
    if (shell !== this.#shell) return;
    this.#answers += text;
    for (;;) {
      const [line, number, exitCode, length] = /^(\d+) (\d+) (\d+)\n/.exec(this.#answers) ?? [];
      if (line === undefined) break;
      const end = line.length + Number(length);
      if (this.#answers.length < end) break;
      const stderr = this.#answers.slice(line.length, end);
      this.#answers = this.#answers.slice(end);
      this.#waiting.get(Number(number))?.resolve({ exitCode: Number(exitCode), stderr });
      this.#waiting.delete(Number(number));
    }
    this.#hold(shell);
  }

  #lose(shell: Shell, error: Error): void {
    if (shell !== this.#shell) return;
    this.#shell = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** This process lives on for it while an answer is awaited. */
  #hold(shell: Shell): void {
    const how = this.#waiting.size > 0 ? "ref" : "unref";
    shell[how]();
    for (const stream of [shell.stdin, shell.stdout]) {
      if (how in stream) (stream as unknown as Record<typeof how, () => void>)[how]();
    }
  }
}

/** One for this process. */
export const networkShell = new NetworkShell();

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
