import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { blankInheritedDescriptors } from "../inherited-descriptors.ts";
import type { ExecResult } from "../machine-driver.ts";
import { runProgram } from "../run-program.ts";

/** Whom database servers run as where LocalAWS is root, which they refuse to be. */
interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes folders that the account cannot reach (below `/root`, or a private data folder) reachable for one process: in a
 * mount namespace of its own they are bound below `$1`. The process keeps its number to the end.
 */
const enclosureScript = `
set -eu
stage=$1 uid=$2 gid=$3
shift 3
mount -t tmpfs -o mode=0755,size=64k tmpfs "$stage"
while [ "$1" != -- ]; do
  mkdir "$stage/$1"
  mount --bind "$2" "$stage/$1"
  shift 2
done
shift
exec setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs -- "$@"
`;

/** Runs programs as somebody who is not root, where they can reach their files. */
export class UnprivilegedPrograms {
  /** The folder that keeps the account out, though the programs reach what is in it; none where nothing does. */
  readonly barrier: string | undefined;
  readonly #folders: Readonly<Record<string, string>>;
  readonly #account: Account | undefined;
  /** Where an enclosure's folders are bound; none when the account can reach them where they are. */
  readonly #stage: string | undefined;

  /**
   * @param folders that the programs have to reach, absolute, each with the name that it is bound under
   * @throws Error with a sentence for people where there is nobody to be
   */
  constructor(folders: Readonly<Record<string, string>>) {
    const paths = Object.values(folders);
    const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
    this.#folders = folders;
    this.#account = account;
    this.barrier = account && paths.map((path) => barrierTo(path, account)).find((found) => found !== undefined);
    this.#stage = this.barrier === undefined ? undefined : stageFor(paths);
  }

  /** Gives a file or folder to the account that the programs run as. */
  own(path: string): void {
    if (this.#account !== undefined) chownSync(path, this.#account.uid, this.#account.gid);
  }

  /** How a program names a path in one of the folders. */
  pathInside(path: string): string {
    const stage = this.#stage;
    if (stage === undefined) return path;
    const [name, folder] = Object.entries(this.#folders).find(([, one]) => isIn(path, one)) ?? [];
    return name === undefined || folder === undefined ? path : join(stage, name, path.slice(folder.length));
  }

  /** Starts a program; both outputs go to the file descriptor `output`. */
  spawn(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>, output: number): ChildProcess {
    const [file, ...rest] = this.#enclosed(command);
    const stdio = blankInheritedDescriptors(["ignore", output, output]);
    // No signal of a terminal, as Ctrl-C, reaches a database: LocalAWS ends it.
    return spawn(file, rest, { ...this.#options(env), stdio, detached: true });
  }

  /** Runs a program to its end. */
  async run(
    command: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
    input = "",
  ): Promise<ExecResult> {
    return await runProgram(this.#enclosed(command), { ...this.#options(env), input });
  }

  #enclosed(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
    if (this.#stage === undefined || this.#account === undefined) return command;
    return [
      ...(["unshare", "--mount", "--", "/bin/sh", "-c", enclosureScript, "localaws"] as const),
      ...[this.#stage, `${this.#account.uid}`, `${this.#account.gid}`],
      ...[...Object.entries(this.#folders).flat(), "--", ...command],
    ];
  }

  #options(env: Readonly<Record<string, string>>) {
    const search = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
    return { cwd: "/", env: { ...search, ...env }, ...(this.#stage === undefined ? this.#account : undefined) };
  }
}

/** `nobody`: servers want a user that has a name. */
function unprivilegedAccount(): Account {
  const [, , uid, gid] = (/^nobody:.*$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[0] ?? "").split(":");
  if (process.platform !== "linux" || !(Number(uid) > 0) || !(Number(gid) > 0)) {
    throw new Error("Database servers refuse to run as root, and there is no user `nobody` to run them as.");
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** The uppermost folder on the way to `path`, itself included, that the account may not enter. */
function barrierTo(path: string, { uid, gid }: Account): string | undefined {
  const above = dirname(path);
  const barrier = above === path ? undefined : barrierTo(above, { uid, gid });
  if (barrier !== undefined) return barrier;
  const { mode, uid: owner, gid: group } = statSync(path);
  const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
  return (mode & bit) === 0 ? path : undefined;
}

/** A folder that every Linux has and none of the paths is in: it is covered in the enclosure only. */
function stageFor(paths: readonly string[]): string | undefined {
  return ["/mnt", "/media", "/srv"].find((stage) => existsSync(stage) && !paths.some((path) => isIn(path, stage)));
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
