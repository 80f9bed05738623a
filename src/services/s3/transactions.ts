import type { Transaction } from "kysely";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import { shareTransaction } from "../../db/shared-transaction.ts";
import type { ServiceContext } from "../service-context.ts";

/** What a transaction hands out: its answer, the blobs that nothing refers to once it is committed, and what is to be done then. */
interface Committed<Result> {
  readonly result: Result;
  readonly unreferenced: readonly BlobId[];
  readonly committed?: () => void;
}

/** Runs a transaction, which others may share, and deletes, after its commit and after the answer, the blobs that it left unreferenced. */
export async function commit<Result>(
  ctx: ServiceContext,
  work: (trx: Transaction<Database>) => Promise<Committed<Result>>,
): Promise<Result> {
  const { result, unreferenced, committed } = await shareTransaction(ctx.db, work);
  committed?.();
  discard(ctx, unreferenced);
  return result;
}

/** Deletes blobs that no row refers to. What fails here is collected at the next start. */
export function discard(ctx: ServiceContext, ids: readonly BlobId[]): void {
  if (ids.length === 0) return;
  ctx.background("s3 delete blobs", async () => {
    for (const id of ids) await ctx.blobs.delete(id);
  });
}
