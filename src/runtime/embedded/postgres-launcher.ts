import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { delimiter, join } from "node:path";
import type { ExecResult } from "../machine-driver.ts";
import { findPostgresFolder, linkLibraries } from "./postgres-binaries.ts";
import { UnprivilegedPrograms } from "./unprivileged-programs.ts";

/** Starts PostgreSQL's programs, as somebody who is not root, where they can reach their files. */
export class PostgresLauncher {
  /** As `postgres --version` says: `17.10`. */
  readonly version: string;
  /** The absolute folder that holds every server's folder. */
  readonly root: string;
  readonly #programs: UnprivilegedPrograms;
  /** As the programs see it, with `bin` in it. */
  readonly #folder: string;
  /** Likewise. */
  readonly #libraries: string;

  private constructor(
    programs: UnprivilegedPrograms,
    { root, folder, libraries, version }: { root: string; folder: string; libraries: string; version: string },
  ) {
    this.root = root;
    this.#programs = programs;
    this.#folder = folder;
    this.#libraries = libraries;
    this.version = version;
  }

  /**
   * @param root the absolute folder that holds every server's folder
   * @param own the folder of the programs
   * @throws Error with a sentence for people where PostgreSQL cannot run
   */
  static async find(root: string, own = findPostgresFolder()): Promise<PostgresLauncher> {
    const programs = new UnprivilegedPrograms({ postgres: own, rds: root });
    const folder = programs.pathInside(own);
    const links = join(root, ".libraries", createHash("sha256").update(own).digest("hex").slice(0, 8));
    await linkLibraries(own, links, folder);
    const place = { root, folder, libraries: programs.pathInside(links) };
    const { stdout, stderr } = await new PostgresLauncher(programs, { ...place, version: "" }).run("postgres", [
      "--version",
    ]);
    const version = /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1];
    if (version !== undefined) return new PostgresLauncher(programs, { ...place, version });
    const { barrier } = programs;
    const help = `PostgreSQL refuses to run as root, and another user cannot enter ${barrier}: choose another data folder with --data, or do not run as root.`;
    throw new Error(`PostgreSQL cannot run here: ${stderr.trim()}${barrier === undefined ? "" : ` ${help}`}`);
  }

  /** Gives a file or folder to the account that PostgreSQL runs as. */
  own(path: string): void {
    this.#programs.own(path);
  }

  /** How a PostgreSQL process names a path below `root`. */
  pathInside(path: string): string {
    return this.#programs.pathInside(path);
  }

  /** Starts a program; both outputs go to the file descriptor `output`. */
  spawn(program: string, args: readonly string[], output: number): ChildProcess {
    return this.#programs.spawn([join(this.#folder, "bin", program), ...args], this.#env(), output);
  }

  /** Runs a program to its end. */
  async run(program: string, args: readonly string[], input = ""): Promise<ExecResult> {
    return await this.#programs.run([join(this.#folder, "bin", program), ...args], this.#env(), input);
  }

  #env(): Record<string, string> {
    // Both: a library found under a further name looks for those that it needs beside that name.
    const search = [this.#libraries, join(this.#folder, "lib")].join(delimiter);
    return { LC_ALL: "C", [process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH"]: search };
  }
}
