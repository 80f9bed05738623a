import type * as RdsData from "@aws-sdk/client-rds-data";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type DataApiRequest, openSession, requireTransaction, resolveSession } from "./connections.ts";
import { toDataApiError, transactionNotFound } from "./errors.ts";
import { keepTransaction, takeTransaction } from "./open-transactions.ts";

export const transactions = {
  async BeginTransaction(ctx, input) {
    const of = await resolveSession(ctx, input);
    const session = await openSession(ctx, of);
    await session.begin();
    const transactionId = ctx.randomBytes(96).toString("base64");
    keepTransaction(ctx, transactionId, {
      ...{ session, clusterResourceId: of.cluster.resourceId },
      ...{ username: of.credentials.username, database: of.database },
    });
    return { transactionId };
  },

  async CommitTransaction(ctx, { transactionId, ...input }) {
    await end(ctx, transactionId, input, "COMMIT");
    return { transactionStatus: "Transaction Committed" };
  },

  async RollbackTransaction(ctx, { transactionId, ...input }) {
    await end(ctx, transactionId, input, "ROLLBACK");
    return { transactionStatus: "Rollback Complete" };
  },
} satisfies Operations<typeof RdsData, Context>;

async function end(ctx: Context, id = "", input: DataApiRequest, command: "COMMIT" | "ROLLBACK"): Promise<void> {
  requireTransaction(ctx, id, await resolveSession(ctx, input));
  const taken = takeTransaction(ctx, id);
  // Somebody else ends it.
  if (taken === undefined) throw transactionNotFound(id);
  try {
    await taken.session.end(command);
  } catch (error) {
    throw toDataApiError(error);
  } finally {
    await taken.session.close();
  }
}
