import type * as RdsData from "@aws-sdk/client-rds-data";
import type { Operations } from "../../aws/operations.ts";
import { SqlError } from "../../sql/sql-connection.ts";
import type { Context } from "../service-context.ts";
import { type DataApiRequest, openConnection, requireTransaction, resolveSession } from "./connections.ts";
import { toDataApiError, transactionNotFound } from "./errors.ts";
import { keepTransaction, takeTransaction } from "./open-transactions.ts";

export const transactions = {
  async BeginTransaction(ctx, input) {
    const of = await resolveSession(ctx, input);
    const connection = await openConnection(ctx, of);
    await connection.query("BEGIN", { maxRows: 0 });
    const transactionId = ctx.randomBytes(96).toString("base64");
    keepTransaction(ctx, transactionId, {
      ...{ connection, clusterResourceId: of.cluster.resourceId },
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
    const [result] = await taken.connection.query(command, { maxRows: 0 });
    // PostgreSQL answers so where a statement of the transaction has failed.
    if (result?.command !== command) {
      throw new SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block");
    }
  } catch (error) {
    throw toDataApiError(error);
  } finally {
    await taken.connection.close();
  }
}
