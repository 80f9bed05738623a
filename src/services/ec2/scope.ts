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

type Place = Pick<Scope, "accountId" | "region">;

/** Runs `work` in one transaction; all of its reads and writes must go through the scope that it is given. */
export function inTransaction<Result>(scope: Scope, work: (scope: Scope) => Promise<Result>): Promise<Result> {
  return scope.db.transaction().execute((db) => work(withDatabase(scope, db)));
}

/** Another account's or region's rows, through the same database or transaction. */
export function scopeAt(scope: Scope, place: Place): Scope {
  return scopeOf(scope, place);
}

/** An account's region, for what goes on outside of a request. */
export function scopeOf(services: Pick<Scope, "db" | "now" | "newId">, { accountId, region }: Place): Scope {
  return {
    db: services.db,
    accountId,
    region,
    now: () => services.now(),
    newId: (prefix) => services.newId(prefix),
  };
}

function withDatabase(scope: Scope, db: Scope["db"]): Scope {
  return scopeOf({ db, now: () => scope.now(), newId: (prefix) => scope.newId(prefix) }, scope);
}
