import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";

/** Where rows are read and written: one account's region, inside a transaction or not. A `Context` is one. */
export interface Scope {
  readonly db: Kysely<Database>;
  readonly accountId: string;
  readonly region: string;
  now(): Date;
  newId(prefix: string): string;
}

/** Runs `work` in one transaction; all of its reads and writes must go through the scope that it is given. */
export function inTransaction<Result>(scope: Scope, work: (scope: Scope) => Promise<Result>): Promise<Result> {
  return scope.db.transaction().execute((db) => work(withDatabase(scope, db)));
}

/** Another account's or region's rows, through the same database or transaction. */
export function scopeAt(scope: Scope, place: { accountId: string; region: string }): Scope {
  return { ...withDatabase(scope, scope.db), ...place };
}

function withDatabase(scope: Scope, db: Kysely<Database>): Scope {
  return {
    db,
    accountId: scope.accountId,
    region: scope.region,
    now: () => scope.now(),
    newId: (prefix) => scope.newId(prefix),
  };
}
