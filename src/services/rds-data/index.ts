import type { Service } from "../service.ts";

/**
 * The Data API of Aurora clusters that have it enabled (`EnableHttpEndpoint`): SQL by HTTP, as the user whose name and password
 * are in a secret of Secrets Manager.
 *
 * **Gaps**
 * - `ExecuteSql`, which AWS has deprecated.
 *
 * **By design**
 * - A call outside of a transaction has a connection of its own, so that no settings of its session outlive it.
 * - SQL is sent as PostgreSQL's extended protocol does, one statement a call: its errors come with PostgreSQL's words, and
 *   positions in the statement as the server saw it, where `:id` is `$1::int8`.
 * - MySQL is sent statements with the parameters' values as literals in them, as AWS's driver sends them, and its errors come with
 *   its numbers and words. `generatedFields` are the numbers of AUTO_INCREMENT.
 * - `database` is the cluster's own database where none is named, or else `postgres`; `schema` is not looked at, as by AWS.
 * - Transactions end with LocalAWS.
 */
export const rdsData: Service = {
  name: "rds-data",
  protocol: "restJson1",
  apiVersion: "2018-08-01",
  async load() {
    const [sdk, { operations }] = await Promise.all([import("@aws-sdk/client-rds-data"), import("./operations.ts")]);
    return { sdk, operations };
  },
  async reset(ctx) {
    const { endTransactions } = await import("./open-transactions.ts");
    await endTransactions(ctx);
  },
  async close(ctx) {
    const { endTransactions } = await import("./open-transactions.ts");
    await endTransactions(ctx);
  },
};
