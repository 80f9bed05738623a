import type { Statement } from "better-sqlite3";
import { type Compilable, CompiledQuery, type DialectAdapter, type Kysely } from "kysely";
import type { Database } from "./database.ts";

/** What a SQLite connection gives to queries that are run at once. */
export interface SqliteConnection {
  readonly inTransaction: boolean;
  prepare(text: string): Statement;
  /** Calls back, within its statement, with these columns of each row that is inserted, updated (before and after) or deleted. */
  watch(table: string, columns: readonly string[], listener: (...values: never[]) => void): void;
}

/** By what a database and its transactions have in common. */
const connections = new WeakMap<DialectAdapter, SqliteConnection>();

/** Lets the prepared queries of `db`, and of its transactions, be run at once. */
export function setConnection(db: Kysely<Database>, connection: SqliteConnection): void {
  connections.set(db.getExecutor().adapter, connection);
}

/**
 * Whether prepared queries are run at once now, and what they read is committed: not while a transaction is under way, whose
 * changes may not come to be.
 */
export function isSettled(db: Kysely<Database>): boolean {
  const connection = connections.get(db.getExecutor().adapter);
  return connection !== undefined && !connection.inTransaction;
}

/**
 * Calls back with columns of each row of a table that is changed from now on: it is the database that tells, so that no writer
 * can forget to, be it a cascade. Also of changes that are rolled back. To be called where `isSettled`.
 */
export function watchRows<Table extends keyof Database & string, Column extends keyof Database[Table] & string>(
  db: Kysely<Database>,
  table: Table,
  columns: readonly Column[],
  listener: (...values: never[]) => void,
): void {
  connections.get(db.getExecutor().adapter)?.watch(table, columns, listener);
}

/** A value in the place of each run's own, while a query is compiled. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

interface Compiled {
  readonly sql: string;
  readonly names: readonly string[];
}

/**
 * A query on the way of every request: it is built and compiled once, where Kysely would build and compile it anew each time,
 * which costs more than a look-up. With SQLite it is run at once, in its transaction or where none is under way; otherwise it
 * waits for its turn as every query does.
 */
export function preparedQuery<Parameters extends object, Row>(
  build: (
    db: Kysely<Database>,
    parameter: <Name extends keyof Parameters & string>(name: Name) => Parameters[Name],
  ) => Compilable<Row>,
): (db: Kysely<Database>, parameters: Parameters) => Row[] | Promise<Row[]> {
  let compiled: Compiled | undefined;

  function compile(db: Kysely<Database>): Compiled {
    // The builder takes any value; which one it is matters only to the database.
    const query = build(db, (name) => new Placeholder(name) as never).compile();
    const names = query.parameters.map((value) => {
      if (value instanceof Placeholder) return value.name;
      throw new Error("A prepared query has only parameters that have a name, or literals: sql.lit().");
    });
    return { sql: query.sql, names };
  }

  return (db, parameters) => {
    compiled ??= compile(db);
    const { sql, names } = compiled;
    const values = names.map((name) => Reflect.get(parameters, name) ?? null);
    const connection = connections.get(db.getExecutor().adapter);
    if (connection === undefined || (connection.inTransaction && !db.isTransaction)) {
      return execute<Row>(db, CompiledQuery.raw(sql, values));
    }
    const statement = connection.prepare(sql);
    // The rows of the query that was compiled.
    if (statement.reader) return statement.all(values) as Row[];
    statement.run(values);
    return [];
  };
}

/** The rows of a prepared query that is known to be run at once: `isSettled` says so. None where it is not. */
export function atOnce<Row>(rows: Row[] | Promise<Row[]>): Row[] {
  if (Array.isArray(rows)) return rows;
  rows.catch(() => {});
  return [];
}

async function execute<Row>(db: Kysely<Database>, query: CompiledQuery): Promise<Row[]> {
  return (await db.executeQuery<Row>(query as CompiledQuery<Row>)).rows;
}
