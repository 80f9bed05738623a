import { CompiledQuery, type Kysely, type Transaction } from "kysely";
import type { Database } from "./database.ts";
import { isSettled, preparedQuery } from "./prepared-query.ts";

type Work<Result> = (trx: Transaction<Database>) => Promise<Result>;

/** Work that waits for a transaction. */
interface Member {
  readonly work: Work<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

const waiting = new WeakMap<Kysely<Database>, Member[]>();

/**
 * Runs `work` as a transaction that it shares with whatever else is waiting to be written, since a commit costs as much as a
 * small write. Settles after the commit. What fails is undone by itself and rejects; when the commit fails, all of it does.
 */
export function shareTransaction<Result>(db: Kysely<Database>, work: Work<Result>): Promise<Result> {
  const members = waiting.get(db) ?? [];
  waiting.set(db, members);
  return new Promise<Result>((resolve, reject) => {
    members.push({ work, resolve, reject });
    // What other connections ask for in this turn of the event loop comes before.
    if (members.length === 1) setImmediate(() => void runTogether(db, members));
  });
}

async function runTogether(db: Kysely<Database>, members: Member[]): Promise<void> {
  let running: Member[] = [];
  const ends: (() => void)[] = [];
  const fail = (error: unknown) => {
    for (const { reject } of running.length > 0 ? running : members.splice(0)) reject(error);
  };
  try {
    await db.transaction().execute(async (trx) => {
      // With those that came while another transaction was under way.
      running = members.splice(0);
      try {
        for (const member of running) ends.push(await runMember(trx, member));
      } catch (error) {
        // Before the rollback, which fails where there is nothing left to roll back, and says nothing of the cause.
        fail(error);
        throw error;
      }
    });
    for (const tell of ends) tell();
  } catch (error) {
    fail(error);
  }
}

/** Returns what tells of its end, which is to be done after the commit. */
async function runMember(trx: Transaction<Database>, { work, resolve, reject }: Member): Promise<() => void> {
  await savepoint(trx, {});
  try {
    const result = await work(trx);
    await release(trx, {});
    return () => resolve(result as never);
  } catch (error) {
    // The database undoes a whole transaction where the disk is full.
    if (isSettled(trx)) throw error;
    await rollBack(trx, {});
    await release(trx, {});
    return () => reject(error);
  }
}

const command = (sql: string) => preparedQuery<object, never>(() => ({ compile: () => CompiledQuery.raw(sql) }));
const savepoint = command("savepoint member");
const rollBack = command("rollback to member");
const release = command("release member");
