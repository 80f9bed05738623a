import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";
import { blankInheritedDescriptors } from "../inherited-descriptors.ts";
import type { ExecResult } from "../machine-driver.ts";
import { runProgram } from "../run-program.ts";
import { findPostgresFolder, linkLibraries } from "./postgres-binaries.ts";

/** Whom PostgreSQL runs as where LocalAWS is root, which PostgreSQL refuses to be. */
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
stage=$1 uid=$2 gid=$3 folder=$4 libraries=$5 root=$6
shift 6
mount -t tmpfs -o mode=0755,size=64k tmpfs "$stage"
mkdir "$stage/postgres" "$stage/libraries" "$stage/rds"
mount --bind "$folder" "$stage/postgres"
mount --bind "$libraries" "$stage/libraries"
mount --bind "$root" "$stage/rds"
exec setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs -- "$@"
`;

interface Place {
  /** PostgreSQL's own folder, with `bin` in it. */
  readonly folder: string;
  readonly libraries: string;
  /** Holds every server's folder. */
  readonly root: string;
  readonly account: Account | undefined;
  /** Where an enclosure's folders are bound; none when the account can reach them where they are. */
  readonly stage: string | undefined;
}

/** Starts PostgreSQL's programs, as somebody who is not root, where they can reach their files. */
export class PostgresLauncher {
  /** As `postgres --version` says: `17.10`. */
  readonly version: string;
  readonly #place: Place;

  private constructor(place: Place, version: string) {
    this.#place = place;
    this.version = version;
  }

  /**
   * @param root the absolute folder that holds every server's folder
   * @throws Error with a sentence for people where PostgreSQL cannot run
   */
  static async find(root: string): Promise<PostgresLauncher> {
    const folder = findPostgresFolder();
    const libraries = join(root, ".libraries");
    const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
    const barrier = account && (barrierTo(folder, account) ?? barrierTo(root, account));
    const stage = barrier === undefined ? undefined : stageFor([folder, root]);
    await linkLibraries(folder, libraries, stage === undefined ? folder : join(stage, "postgres"));
    const place = { folder, libraries, root, account, stage };
    const { stdout, stderr } = await new PostgresLauncher(place, "").run("postgres", ["--version"]);
    const version = /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1];
    if (version !== undefined) return new PostgresLauncher(place, version);
    const help = `PostgreSQL refuses to run as root, and another user cannot enter ${barrier}: choose another data folder with --data, or do not run as root.`;
    throw new Error(`PostgreSQL cannot run here: ${stderr.trim()}${barrier === undefined ? "" : ` ${help}`}`);
  }

  /** Gives a file or folder to the account that PostgreSQL runs as. */
  own(path: string): void {
    const { account } = this.#place;
    if (account !== undefined) chownSync(path, account.uid, account.gid);
  }

  /** How a PostgreSQL process names a path below `root`. */
  pathInside(path: string): string {
    const { stage, root } = this.#place;
    return stage === undefined ? path : join(stage, "rds", path.slice(root.length));
  }

  /** Starts a program; both outputs go to the file descriptor `output`. */
  spawn(program: string, args: readonly string[], output: number): ChildProcess {
    const [file, ...rest] = this.#command(program, args);
    const stdio = blankInheritedDescriptors(["ignore", output, output]);
    // No signal of a terminal, as Ctrl-C, reaches a database: LocalAWS ends it.
    return spawn(file, rest, { ...this.#options(), stdio, detached: true });
  }

  /** Runs a program to its end. */
  async run(program: string, args: readonly string[], input = ""): Promise<ExecResult> {
    return await runProgram(this.#command(program, args), { ...this.#options(), input });
  }

  #command(program: string, args: readonly string[]): [string, ...string[]] {
    const { folder, libraries, root, account, stage } = this.#place;
    if (stage === undefined || account === undefined) return [join(folder, "bin", program), ...args];
    return [
      ...(["unshare", "--mount", "--", "/bin/sh", "-c", enclosureScript, "localaws"] as const),
      ...[stage, `${account.uid}`, `${account.gid}`, folder, libraries, root],
      ...[join(stage, "postgres", "bin", program), ...args],
    ];
  }

  #options() {
    const { folder, libraries, account, stage } = this.#place;
    // Both: a library found under a further name looks for those that it needs beside that name.
    const search =
      stage === undefined ? [libraries, join(folder, "lib")] : [join(stage, "libraries"), join(stage, "postgres/lib")];
    const env = {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LC_ALL: "C",
      [process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH"]: search.join(delimiter),
    };
    return { cwd: "/", env, ...(stage === undefined ? account : undefined) };
  }
}

/** `nobody`: PostgreSQL wants a user that has a name. */
function unprivilegedAccount(): Account {
  const [, , uid, gid] = (/^nobody:.*$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[0] ?? "").split(":");
  if (process.platform !== "linux" || !(Number(uid) > 0) || !(Number(gid) > 0)) {
    throw new Error("PostgreSQL refuses to run as root, and there is no user `nobody` to run it as.");
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
  return ["/mnt", "/media", "/srv"].find(
    (stage) => existsSync(stage) && !paths.some((path) => path === stage || path.startsWith(stage + sep)),
  );
}
