import type { MasterUserSecret } from "@aws-sdk/client-rds";
import { readSecret } from "../../db/secret-lookup.ts";
import type { ServiceContext } from "../service-context.ts";
import { modifyCluster } from "./db-cluster-modification.ts";
import { listClusters, moveCluster } from "./db-cluster-rows.ts";
import { modify } from "./db-instance-modification.ts";
import { changeDocument, type DbInstanceRow, readDocument, refreshed, transition } from "./db-instance-rows.ts";
import { newPassword, stagePassword } from "./managed-secrets.ts";

const dayMilliseconds = 24 * 60 * 60 * 1000;
/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html */
const daysByDefault = 7;

/**
 * Gives managed master passwords whose time has come, or whose rotation Secrets Manager was asked for, their successors: those of
 * instances and clusters that are available, as ModifyDBInstance and ModifyDBCluster do when they are asked.
 */
export async function rotatePasswords(ctx: ServiceContext, rows: readonly DbInstanceRow[]): Promise<void> {
  const due = await dueSecrets(ctx);
  if (due.size === 0) return;
  for (const row of rows) {
    const { MasterUserSecret: secret, MasterUsername: username = "" } = readDocument(row);
    if (secret === undefined || !due.has(secret.SecretArn)) continue;
    const to = { db_instance_status: "resetting-master-credentials" } as const;
    if (!(await transition(ctx, row.dbi_resource_id, ["available"], to))) continue;
    const password = await begin(ctx, secret, username);
    await changeDocument(ctx, row.dbi_resource_id, (document) => ({
      ...{ ...document, MasterUserSecret: password.secret },
      PendingModifiedValues: { ...document.PendingModifiedValues, MasterUserPassword: "****" },
    }));
    modify(ctx, (await refreshed(ctx, row)) ?? row, { due: [], password });
  }
  for (const { resourceId, status, settings } of await listClusters(ctx)) {
    const { MasterUserSecret: secret, MasterUsername: username = "" } = settings;
    if (status !== "available" || secret === undefined || !due.has(secret.SecretArn)) continue;
    const password = await begin(ctx, secret, username);
    const after = await moveCluster(ctx, resourceId, ["available"], {
      status: "resetting-master-credentials",
      settings: {
        ...{ ...settings, MasterUserSecret: password.secret },
        PendingModifiedValues: { ...settings.PendingModifiedValues, MasterUserPassword: "****" },
      },
    });
    if (after !== undefined) modifyCluster(ctx, after, { password });
  }
}

async function dueSecrets(ctx: ServiceContext): Promise<Set<string | undefined>> {
  const rows = await ctx.db.selectFrom("secrets").selectAll().where("name", "like", "rds!%").execute();
  const now = ctx.now().getTime();
  const due = rows.map(readSecret).filter((secret) => {
    const { owningService, rotationRequested, rotationDays = daysByDefault, rotated, created } = secret;
    if (owningService !== "rds") return false;
    const next = new Date(rotated ?? created).getTime() + rotationDays * dayMilliseconds;
    return rotationRequested !== undefined || next <= now;
  });
  return new Set(due.map(({ arn }) => arn));
}

async function begin(ctx: ServiceContext, before: MasterUserSecret, username: string) {
  const password = newPassword(ctx);
  await stagePassword(ctx, before, { username, password });
  return { password, secret: { ...before, SecretStatus: "rotating" } };
}
