import { type DatabaseEngine, DatabaseLaunchError } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { acceptsToken } from "./auth-tokens.ts";
import { type DbInstanceRow, readDocument, refreshedById } from "./db-instance-rows.ts";
import { engineFacts, engineOf } from "./engines.ts";
import { findPort, listenAddress } from "./ports.ts";
import { atFreePort } from "./server-launch.ts";

// IAM database authentication: an instance that has it is reached by a forward at its port, which takes tokens, and its server
// listens at another port. docs/decisions/0038-iam-database-authentication.md

/** Makes the ways to a running server as the instance says by now. @throws DatabaseLaunchError */
export async function applyTokenLogins(ctx: ServiceContext, dbiResourceId: string): Promise<void> {
  const row = await refreshedById(ctx, dbiResourceId);
  if (row === undefined || ctx.databases.kind === "records") return;
  if (readDocument(row).IAMDatabaseAuthenticationEnabled === true) await open(ctx, row);
  else if (row.server_port !== null) {
    await ctx.databases.forwards.close(dbiResourceId);
    await ctx.databases.change(dbiResourceId, { port: row.port });
    await setServerPort(ctx, row, null);
  }
}

/** Nothing leads to a server that does not run. */
export async function closeTokenLogins(ctx: ServiceContext, { dbi_resource_id: id }: DbInstanceRow): Promise<void> {
  await ctx.databases.forwards.close(id);
}

async function open(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const id = row.dbi_resource_id;
  const move = async (port: number) => {
    await setServerPort(ctx, row, port);
    await ctx.databases.change(id, { port });
    return port;
  };
  const port =
    row.server_port ??
    (await atFreePort(ctx, { port: await findPort(ctx), movedTo: async () => {} }, (free) => move(free)));
  const engine = engineFacts[engineOf(row)].runs;
  const logins = await loginsOf(ctx, id, engine);
  const target = { host: listenAddress, port };
  const listen = () =>
    ctx.databases.forwards.open({ id, listenAddress, port: row.port, target, readOnly: false, logins, engine });
  try {
    await listen();
  } catch (error) {
    if (!(error instanceof DatabaseLaunchError)) throw error;
    // LocalAWS ended between the two halves of a move: the server is still where the forward is to be.
    await move(port);
    await listen();
  }
}

async function loginsOf(ctx: ServiceContext, id: string, engine: DatabaseEngine) {
  const own = {
    identity: await ctx.databases.identity(id),
    accepts: async (username: string, token: string) => {
      const current = await refreshedById(ctx, id);
      if (current === undefined) return false;
      const { account_id: accountId, region, port } = current;
      return await acceptsToken(ctx, { accountId, region, address: listenAddress, port }, username, token);
    },
  };
  if (engine !== "postgres") return { ...own, accounts: await ctx.databases.tokenAccounts(id) };
  return {
    ...own,
    clientCertificate: async (username: string) => await (await ctx.databases.authority()).issueClient(username),
  };
}

async function setServerPort({ db }: ServiceContext, row: DbInstanceRow, port: number | null): Promise<void> {
  await db
    .updateTable("db_instances")
    .set({ server_port: port })
    .where("dbi_resource_id", "=", row.dbi_resource_id)
    .execute();
}
