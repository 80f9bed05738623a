import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What may become a folder's name; instance ids and database resource ids are. */
const validId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** One JSON file for each machine or database server, `<root>/<id>/<fileName>`, beside what else belongs to it. */
export class RecordFolder<T> {
  readonly root: string;
  readonly #fileName: string;

  constructor(root: string, fileName: string) {
    this.root = root;
    this.#fileName = fileName;
  }

  /** The folder of one. @throws Error for an id that is no plain name */
  path(id: string): string {
    if (!validId.test(id)) throw new Error(`${JSON.stringify(id)} cannot name a folder.`);
    return join(this.root, id);
  }

  /** Whole or not at all: a crash leaves the old record. */
  write(id: string, record: T): void {
    const folder = this.path(id);
    mkdirSync(this.root, { recursive: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, this.#fileName);
    writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** Every record, and the names of the folders that have none: what a crash left half-made or half-removed. */
  readAll(): { records: Map<string, T>; remains: string[] } {
    const records = new Map<string, T>();
    const remains: string[] = [];
    for (const name of namesIn(this.root)) {
      const record = this.#read(name);
      if (record !== undefined) records.set(name, record);
      else if (validId.test(name)) remains.push(name);
    }
    return { records, remains };
  }

  #read(name: string): T | undefined {
    try {
      return JSON.parse(readFileSync(join(this.root, name, this.#fileName), "utf8")) as T;
    } catch {
      return undefined;
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
