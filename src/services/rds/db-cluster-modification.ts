import type { MasterUserSecret } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import { backUpClusterAnew } from "./cluster-backups.ts";
import { restartWithClusterGroup } from "./cluster-parameters.ts";
import { applyForwards } from "./db-cluster-forwards.ts";
import {
  type ClusterDocument,
  type ClusterStatus,
  changeCluster,
  engineOfCluster,
  findClusterById,
  membersOf,
  moveCluster,
  renameCluster,
  updateMembers,
} from "./db-cluster-rows.ts";
import { failMembers, inTurn } from "./db-cluster-turns.ts";
import { resizeServer } from "./db-cluster-writer.ts";
import { changeDocument } from "./db-instance-rows.ts";
import { changedServerVersion, shownVersion } from "./engine-versions.ts";
import { majorOf, parameterGroupFamily } from "./engines.ts";
import { recordClusterEvent } from "./event-log.ts";
import { giveUpPassword, type PasswordChange, settlePassword } from "./managed-passwords.ts";
import type { MemberValues } from "./multi-az-settings.ts";
import { requireDefaultOptions } from "./new-db-cluster.ts";
import { withDefaultsOf } from "./pending-changes.ts";

export interface ClusterChanges {
  readonly password?: PasswordChange | undefined;
  readonly port?: number | undefined;
  readonly engineVersion?: string | undefined;
  readonly name?: string | undefined;
  /** Of a Multi-AZ DB cluster. */
  readonly values?: MemberValues | undefined;
  /** Whether tokens are to be taken from now on, or no longer. */
  readonly logins?: boolean | undefined;
}

export function statusWhile({ password, port, engineVersion, name, values, logins }: ClusterChanges): ClusterStatus {
  if (engineVersion !== undefined) return "upgrading";
  if (name !== undefined) return "renaming";
  if (port !== undefined || values !== undefined || logins === true) return "modifying";
  return password === undefined ? "available" : "resetting-master-credentials";
}

const changing: readonly ClusterStatus[] = ["modifying", "renaming", "upgrading", "resetting-master-credentials"];

/** From one of `changing`. What cannot be done is dropped, and the cluster goes on as it is. */
export function modifyCluster(ctx: ServiceContext, cluster: ClusterDocument, changes: ClusterChanges): void {
  const id = cluster.resourceId;
  const { password, port, engineVersion, name, values } = changes;
  inTurn(ctx, "modify", cluster, async () => {
    try {
      const { MasterUsername = "" } = cluster.settings;
      if (password !== undefined) {
        await ctx.databases.setPassword(id, MasterUsername, password.password);
        const secret = await settlePassword(ctx, password);
        await changeCluster(ctx, id, (before) => withoutPasswordChange(before, secret));
        await recordClusterEvent(ctx, cluster, "RDS-EVENT-0016");
      }
      const moved = { ...(port !== undefined && { port }) };
      const { engineVersion: before } = cluster;
      const ofServer = {
        ...(cluster.serverPort === undefined && moved),
        ...changedServerVersion(ctx, engineOfCluster(cluster), before, engineVersion),
      };
      if (Object.keys(ofServer).length > 0) await ctx.databases.change(id, ofServer);
      const version = engineVersion && (await versionThatRuns(ctx, cluster, engineVersion));
      const upgraded = version === undefined ? {} : { engineVersion: version };
      await changeCluster(ctx, id, (before) => ({
        ...{ ...before, ...moved, ...upgraded, ...withoutPending(before, changes) },
      }));
      if (values !== undefined) await changeMemberValues(ctx, id, values);
      if (version !== undefined) {
        await upgradeGroups(ctx, id, version);
        await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(id));
        const engine = engineOfCluster(cluster);
        const isMajor = majorOf(version, engine) !== majorOf(cluster.engineVersion, engine);
        if (isMajor && ofServer.engineVersion !== undefined) await backUpClusterAnew(ctx, cluster);
        await recordClusterEvent(ctx, cluster, isMajor ? "RDS-EVENT-0176" : "RDS-EVENT-0173");
      }
      if (name !== undefined) await rename(ctx, cluster, name);
      await applyForwards(ctx, id);
      await moveCluster(ctx, id, changing, { status: "available" });
    } catch (error) {
      ctx.log.error({ err: error, dbCluster: cluster.name }, "the DB cluster was not modified");
      // A password that the server has by now is settled: nothing of it is staged any more.
      const { settings } = (await findClusterById(ctx, id)) ?? cluster;
      const isPending = password !== undefined && settings.PendingModifiedValues?.MasterUserPassword !== undefined;
      const secret = isPending ? await giveUpPassword(ctx, password) : settings.MasterUserSecret;
      await changeCluster(ctx, id, (before) => withSecret({ ...before, ...withoutPending(before, changes) }, secret));
      const runs = (await ctx.databases.get(id))?.state === "running";
      await moveCluster(ctx, id, changing, { status: runs ? "available" : "failed" });
      if (!runs) await failMembers(ctx, id, []);
    }
  });
}

/** A major version means the newest of it that there is. */
async function versionThatRuns(ctx: ServiceContext, cluster: ClusterDocument, asked: string): Promise<string> {
  const running = (await ctx.databases.get(cluster.resourceId))?.engineVersion;
  return shownVersion({ asked, running });
}

async function rename(ctx: ServiceContext, cluster: ClusterDocument, name: string): Promise<void> {
  if (await renameCluster(ctx, cluster, name)) {
    await recordClusterEvent(ctx, { ...cluster, name }, "RDS-EVENT-0172", cluster.name, name);
    return;
  }
  ctx.log.error({ dbCluster: cluster.name, name }, "the new name is taken by now");
}

/** Its password is not about to change any more, and `secret` holds it. */
export function withoutPasswordChange(cluster: ClusterDocument, secret: MasterUserSecret | undefined): ClusterDocument {
  return withSecret({ ...cluster, ...withoutPending(cluster, { password: { password: "" } }) }, secret);
}

function withSecret(cluster: ClusterDocument, secret: MasterUserSecret | undefined): ClusterDocument {
  const { MasterUserSecret: _, ...settings } = cluster.settings;
  return { ...cluster, settings: secret === undefined ? settings : { ...settings, MasterUserSecret: secret } };
}

/** Members go with the cluster, and default groups with the major version. */
async function upgradeGroups(ctx: ServiceContext, id: string, engineVersion: string): Promise<void> {
  const before = await findClusterById(ctx, id);
  if (before === undefined) return;
  const engine = engineOfCluster(before);
  const family = parameterGroupFamily(engineVersion, engine);
  await changeCluster(ctx, id, ({ settings, ...before }) => ({
    ...before,
    settings: {
      ...settings,
      DBClusterOptionGroupMemberships: [
        { DBClusterOptionGroupName: requireDefaultOptions(undefined, { engine, engineVersion }), Status: "in-sync" },
      ],
      ...(settings.DBClusterParameterGroup?.startsWith("default.") && { DBClusterParameterGroup: `default.${family}` }),
    },
  }));
  await ctx.db
    .updateTable("db_instances")
    .set({ engine_version: engineVersion })
    .where("db_cluster_resource_id", "=", id)
    .execute();
  for (const row of await membersOf(ctx, id)) {
    await changeDocument(ctx, row.dbi_resource_id, (document) => ({
      ...document,
      ...withDefaultsOf(document, engineVersion, engine),
    }));
  }
}

/** Gives a Multi-AZ DB cluster, its members and its server another class or storage. */
async function changeMemberValues(ctx: ServiceContext, id: string, values: MemberValues): Promise<void> {
  const after = await changeCluster(ctx, id, ({ pendingClass: _, ...before }) => ({
    ...{ ...before, settings: { ...before.settings, ...values } },
  }));
  if (after === undefined) return;
  await updateMembers(ctx, after);
  const writer = (await membersOf(ctx, id)).find((row) => row.dbi_resource_id === after.writer);
  if (writer !== undefined) await resizeServer(ctx, after, writer);
}

/** What has been changed, or has failed to, waits no more; the rest waits on. */
function withoutPending(
  { settings }: ClusterDocument,
  { password, engineVersion, name, values }: ClusterChanges,
): Pick<ClusterDocument, "settings"> {
  const { PendingModifiedValues: pending = {}, ...rest } = settings;
  const done = { MasterUserPassword: password, EngineVersion: engineVersion, DBClusterIdentifier: name, ...values };
  const ended = Object.entries(done).flatMap(([member, value]) => (value === undefined ? [] : [member]));
  const left = Object.fromEntries(Object.entries(pending).filter(([member]) => !ended.includes(member)));
  return { settings: Object.keys(left).length === 0 ? rest : { ...rest, PendingModifiedValues: left } };
}
