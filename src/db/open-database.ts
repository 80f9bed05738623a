import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Database as SqliteDatabase, Statement } from "better-sqlite3";
import { Kysely, Migrator, sql } from "kysely";
import type { Database } from "./database.ts";
import { fileGuard } from "./file-guard.ts";
import { migrations } from "./migrations/index.ts";
import { fixStatistics } from "./planner-statistics.ts";
import { setConnection } from "./prepared-query.ts";
import { loadSqlite } from "./sqlite.ts";
import { TurnTakingDialect } from "./sqlite-dialect.ts";

/** A data folder that cannot be used; the message says why to a person. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

/**
 * Opens the metadata under `dataDir` (created when missing), for this process alone, and brings it to the newest schema.
 * @throws DataFolderError when another process uses it, or when it cannot be brought to the schema
 */
export async function openDatabase(dataDir: string): Promise<Kysely<Database>> {
  const folder = join(dataDir, "metadata");
  refuseLoss(folder, dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sqlite = await openExclusively(join(folder, "localaws.db"), dataDir);
  sqlite.pragma("foreign_keys = ON");
  const cached = withStatementCache(sqlite, fileGuard(join(folder, "localaws.db"), dataDir));
  const db = new Kysely<Database>({ dialect: new TurnTakingDialect({ database: cached }) });
  setConnection(db, cached);
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
  }).migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataFolderError(`The metadata in ${folder} could not be brought to this version's schema (${reason}).`, {
      cause: error,
    });
  }
  fixStatistics(sqlite);
  return db;
}

/** Without metadata every object and every database would be taken for what a crash has left, and be removed. */
function refuseLoss(folder: string, dataDir: string): void {
  const size = statSync(join(folder, "localaws.db"), { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0) return;
  const blobs = join(dataDir, "s3", "blobs");
  const kept = ["rds", "rds-snapshots"].filter((name) => entries(join(dataDir, name)).length > 0);
  // Empty folders are left by uploads that were refused since the data folder had been removed under them.
  if (entries(blobs).some((name) => entries(join(blobs, name)).length > 0)) kept.unshift(join("s3", "blobs"));
  if (kept.length === 0) return;
  throw new DataFolderError(
    `The metadata in ${folder} is gone, and ${kept.join(" and ")} in ${dataDir} would be lost without it. Put it back, or choose another data folder with --data.`,
  );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}

/** The file's lock is held as long as the process lives, however it ends: a folder has one LocalAWS at a time. */
async function openExclusively(file: string, dataDir: string): Promise<SqliteDatabase> {
  const Sqlite = await loadSqlite();
  let sqlite: SqliteDatabase | undefined;
  try {
    sqlite = new Sqlite(file, { timeout: 500 });
    sqlite.pragma("locking_mode = EXCLUSIVE");
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = NORMAL");
    // Pages (16 MB): a checkpoint waits for the disk, and everybody for the checkpoint. docs/decisions/0031-s3-data-path.md
    sqlite.pragma("wal_autocheckpoint = 4000");
    sqlite.exec("begin exclusive; commit");
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw error instanceof Sqlite.SqliteError ? unusable(error, file, dataDir) : error;
  }
}

/** In words for a person. Nothing has been written to the file. */
function unusable(error: Error & { readonly code: string }, file: string, dataDir: string): DataFolderError {
  const { code, message } = error;
  if (code.startsWith("SQLITE_BUSY")) {
    return new DataFolderError(`Another LocalAWS uses the data folder ${dataDir}.`, { cause: error });
  }
  const problem = /^SQLITE_(?:NOTADB|CORRUPT)/.test(code)
    ? `The metadata ${file} is damaged (${message}). It was left as it is: put a copy of it in its place, or choose another data folder with --data.`
    : `The metadata ${file} cannot be read and written (${message}). Choose another data folder with --data.`;
  return new DataFolderError(problem, { cause: error });
}

const rowEvents = [
  ["insert", "new"],
  ["update", "old"],
  ["update", "new"],
  ["delete", "old"],
] as const;

/**
 * Kysely prepares a statement anew for each query; preparing costs more than a point look-up. `guard` throws where nothing may be
 * written any more: it is asked before each commit.
 */
function withStatementCache(sqlite: SqliteDatabase, guard: () => void) {
  const statements = new Map<string, Statement>();
  const nothing = sqlite.prepare("select 1 where 0");
  let watches = 0;
  return {
    get inTransaction() {
      return sqlite.inTransaction;
    },
    close: () => sqlite.close(),
    prepare(text: string) {
      // A full disk has undone the transaction already: the rollback's own error would hide why.
      if (text === "rollback" && !sqlite.inTransaction) return nothing;
      let known = statements.get(text);
      if (known === undefined) {
        known = sqlite.prepare(text);
        if (statements.size >= 500) statements.clear();
        statements.set(text, known);
      }
      if (text === "commit" || !(known.readonly || sqlite.inTransaction)) guard();
      return known;
    },
    watch(table: string, columns: readonly string[], listener: (...values: never[]) => void) {
      const name = `changed_${watches++}`;
      // Without it, what `insert or replace` removes would go unnoticed.
      sqlite.pragma("recursive_triggers = on");
      sqlite.function(name, { varargs: true }, (...values) => {
        // The columns that were asked for.
        listener(...(values as never[]));
        return null;
      });
      for (const [event, row] of rowEvents) {
        const values = columns.map((column) => `${row}."${column}"`).join(", ");
        sqlite.exec(
          `create temp trigger ${name}_${event}_${row} after ${event} on main."${table}" begin select ${name}(${values}); end`,
        );
      }
    },
  };
}

const tableNames = new WeakMap<Kysely<Database>, readonly string[]>();

/** Empties every table but the migrator's own. */
export async function clearDatabase(db: Kysely<Database>): Promise<void> {
  const names = tableNames.get(db) ?? (await db.introspection.getTables()).map(({ name }) => name);
  tableNames.set(db, names);
  await db.transaction().execute(async (trx) => {
    await sql`pragma defer_foreign_keys = on`.execute(trx);
    for (const name of names) {
      if (!name.startsWith("kysely_")) await sql`delete from ${sql.table(name)}`.execute(trx);
    }
  });
}
