import type { PendingModifiedValues } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { DatabaseChanges } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { applyRetention, backUpAnew } from "./automated-backups.ts";
import { isMember, modifyMember } from "./db-cluster-member-lifecycle.ts";
import { sizeOfClass } from "./db-instance-classes.ts";
import {
  changeDocument,
  type DbInstanceRow,
  type DbInstanceStatus,
  readDocument,
  refreshed,
  transition,
} from "./db-instance-rows.ts";
import { inTurn } from "./db-instance-turns.ts";
import { applyProxiesTo } from "./db-proxy-forwards.ts";
import { changedServerVersion, shownVersion } from "./engine-versions.ts";
import { engineOf, majorOf } from "./engines.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { modificationEvents } from "./instance-events.ts";
import { setApplyStatus, takeChanges } from "./instance-parameters.ts";
import { retune } from "./instance-tuning.ts";
import { giveUpPassword, type PasswordChange, settlePassword } from "./managed-passwords.ts";
import type { ParameterChange } from "./parameter-groups.ts";
import { putInForce, withoutPending } from "./pending-changes.ts";
import { unlinkReplica } from "./replica-links.ts";
import { applyTokenLogins } from "./token-logins.ts";

/**
 * From `modifying` or `resetting-master-credentials`: changes the server, and puts in force those of the pending values that
 * `due` names. What cannot be done is dropped, and the instance goes on as it is.
 */
export function modify(
  ctx: ServiceContext,
  row: DbInstanceRow,
  { due, password }: { due: readonly (keyof PendingModifiedValues)[]; password?: PasswordChange | undefined },
): void {
  if (isMember(row)) {
    modifyMember(ctx, row, due);
    return;
  }
  const id = row.dbi_resource_id;
  const from: DbInstanceStatus[] = ["modifying", "resetting-master-credentials"];
  inTurn(ctx, "modify", row, async () => {
    try {
      const { MasterUsername = "", PendingModifiedValues = {} } = readDocument(row);
      if (password !== undefined) {
        await ctx.databases.setPassword(id, MasterUsername, password.password);
        const secret = await settlePassword(ctx, password);
        await changeDocument(ctx, id, (document) => ({
          ...withoutPending(document, ["MasterUserPassword"]),
          MasterUserSecret: secret,
        }));
        await recordInstanceEvent(ctx, row, "RDS-EVENT-0016");
      }
      const values: PendingModifiedValues = Object.fromEntries(
        due.map((member) => [member, PendingModifiedValues[member]]),
      );
      const announced = modificationEvents(readDocument(row), values);
      for (const { started } of announced) if (started) await recordInstanceEvent(ctx, row, started);
      const changes = serverChanges(ctx, values, (await refreshed(ctx, row)) ?? row);
      if (Object.keys(changes).length > 0) await ctx.databases.change(id, changes);
      await putInForce(ctx, row, await withVersionThatRuns(ctx, row, values));
      if (values.Port !== undefined || values.IAMDatabaseAuthenticationEnabled !== undefined) {
        await applyTokenLogins(ctx, id);
        await applyProxiesTo(ctx, id);
      }
      if (values.BackupRetentionPeriod !== undefined) await applyRetention(ctx, row);
      // An outage, as a reboot is one: what waited for that is applied, and formulas have other values.
      if (values.DBInstanceClass !== undefined || values.EngineVersion !== undefined) await retune(ctx, row);
      if (changes.engineVersion !== undefined && isMajorUpgrade(row, changes.engineVersion)) await backUpAnew(ctx, row);
      await transition(ctx, id, from, { db_instance_status: "available" });
      for (const { finished } of announced) await recordInstanceEvent(ctx, row, finished);
    } catch (error) {
      ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "the DB instance was not modified");
      // A password that the server has by now is settled: nothing of it is staged any more.
      const { MasterUserSecret: secret, PendingModifiedValues: waits } = readDocument(
        (await refreshed(ctx, row)) ?? row,
      );
      const isPending = password !== undefined && waits?.MasterUserPassword !== undefined;
      const kept = isPending ? await giveUpPassword(ctx, password) : secret;
      await changeDocument(ctx, id, (document) => ({
        ...withoutPending(document, [...due, "MasterUserPassword"]),
        MasterUserSecret: kept,
      }));
      const runs = (await ctx.databases.get(id))?.state === "running";
      await transition(ctx, id, from, { db_instance_status: runs ? "available" : "failed" });
      if (runs && due.includes("EngineVersion")) await recordInstanceEvent(ctx, row, "RDS-EVENT-0270");
    }
  });
}

/**
 * From `modifying`: makes a replica an instance of its own, with these settings. `turnOf`: the instance whose later work waits
 * for that, as the deletion of its source does.
 */
export function promote(
  ctx: ServiceContext,
  row: DbInstanceRow,
  { settings = {}, turnOf = row }: { settings?: DbInstanceDocument; turnOf?: DbInstanceRow },
): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "promote", turnOf, async () => {
    try {
      await ctx.databases.promote(id);
      await unlinkReplica(ctx, row);
      await changeDocument(ctx, id, (document) => ({ ...document, ...settings }));
      await applyRetention(ctx, row);
      await transition(ctx, id, ["modifying"], { db_instance_status: "available" });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0062");
    } catch (error) {
      ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "the read replica was not promoted");
      await transition(ctx, id, ["modifying"], { db_instance_status: "available" });
    }
  });
}

function serverChanges(
  ctx: ServiceContext,
  { DBInstanceClass, EngineVersion, Port }: PendingModifiedValues,
  row: DbInstanceRow,
): DatabaseChanges {
  return {
    ...(DBInstanceClass !== undefined && sizeOfClass(DBInstanceClass)),
    ...changedServerVersion(ctx, engineOf(row), row.engine_version, EngineVersion),
    ...(Port !== undefined && row.server_port === null && { port: Port }),
  };
}

/** Tells a server of changes in its instance's group: those that are immediate now, the others at its next reboot. */
export async function reconfigure(
  ctx: ServiceContext,
  row: DbInstanceRow,
  changes: readonly ParameterChange[],
): Promise<void> {
  // Its server is its cluster's, which goes by none of it.
  if (isMember(row)) return;
  const immediate = changes.filter(({ isImmediate }) => isImmediate);
  if (immediate.length < changes.length) await setApplyStatus(ctx, row, "pending-reboot");
  if (immediate.length === 0) return;
  await setApplyStatus(ctx, row, "applying", { unlessPending: true });
  inTurn(ctx, "configure", row, async () => {
    try {
      const current = await refreshed(ctx, row);
      if (current === undefined) return;
      const parameters = await takeChanges(ctx, current, immediate);
      const { pendingReboot } = await ctx.databases.configure(row.dbi_resource_id, parameters);
      const status = pendingReboot.length > 0 ? "pending-reboot" : "in-sync";
      await setApplyStatus(ctx, row, status, { unlessPending: true });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0092");
    } catch (error) {
      ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "parameters were not applied");
      await setApplyStatus(ctx, row, "failed-to-apply");
    }
  });
}

function isMajorUpgrade({ engine, engine_version: before }: DbInstanceRow, after: string): boolean {
  return majorOf(after, engine) !== majorOf(before, engine);
}

async function withVersionThatRuns(
  ctx: ServiceContext,
  row: DbInstanceRow,
  values: PendingModifiedValues,
): Promise<PendingModifiedValues> {
  const { EngineVersion: asked } = values;
  if (asked === undefined) return values;
  const running = (await ctx.databases.get(row.dbi_resource_id))?.engineVersion;
  return { ...values, EngineVersion: shownVersion({ asked, running }) };
}
