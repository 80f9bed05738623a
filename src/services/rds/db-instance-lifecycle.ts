import type { PendingModifiedValues } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { DatabaseChanges, DatabaseParameters } from "../../runtime/database-driver.ts";
import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";
import {
  applyRetention,
  backUp,
  dropUnlessRetained,
  isBackedUp,
  retainBackups,
  sealArchive,
} from "./automated-backups.ts";
import { isMember, modifyMember, rebootMember, removeMember } from "./db-cluster-member-lifecycle.ts";
import { sizeOfClass } from "./db-instance-classes.ts";
import {
  changeDocument,
  type DbInstanceRow,
  type DbInstanceStatus,
  deleteRow,
  readDocument,
  refreshed,
  transition,
} from "./db-instance-rows.ts";
import { applyProxiesTo, closeProxies, dropProxyTarget } from "./db-proxy-forwards.ts";
import { changedServerVersion, serverVersionOf, shownVersion } from "./engine-versions.ts";
import { engineFacts, engineOf } from "./engines.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { endExports } from "./export-run.ts";
import { modificationEvents, recordProblem, wordsOf } from "./instance-events.ts";
import { setApplyStatus, takeChanges, takeGroup } from "./instance-parameters.ts";
import { IncompatibleParameters, restartWithGroup, retune } from "./instance-tuning.ts";
import { giveUpPassword, type PasswordChange, settlePassword } from "./managed-passwords.ts";
import type { ParameterChange } from "./parameter-groups.ts";
import { putInForce, withoutPending } from "./pending-changes.ts";
import { listenAddress } from "./ports.ts";
import { unlinkReplica } from "./replica-links.ts";
import { launchServer, type Origin } from "./server-launch.ts";
import { beginCreation, endAllWork, giveUpCreation, takeTurn, turnsOf } from "./server-work.ts";
import { hasMoments } from "./stored-automated-backups.ts";
import { applyTokenLogins, closeTokenLogins } from "./token-logins.ts";

// What goes on after an answer. The row has the state that was answered ("stopping"); the work here makes it true and
// writes the state that follows, unless another request has moved the instance on meanwhile.

function inTurn(ctx: ServiceContext, name: string, row: DbInstanceRow, work: () => Promise<void>): void {
  takeTurn(ctx, { id: row.dbi_resource_id, name: `rds ${name} ${row.db_instance_identifier}` }, work);
}

/** From `creating`. `newPassword`: instead of that which the data of the origin have. */
export function create(ctx: ServiceContext, row: DbInstanceRow, origin: Origin, newPassword?: string): void {
  const id = row.dbi_resource_id;
  const creation = beginCreation(ctx, id);
  inTurn(ctx, "create", row, async () => {
    try {
      if ("recovery" in origin && origin.recovery !== undefined) {
        await turnsOf(ctx, origin.recovery.archiveOf);
      }
      const { server, isCompatible } = await launch(ctx, row, origin, creation.signal);
      const { MasterUsername = "" } = readDocument(row);
      if (newPassword !== undefined && isCompatible) await ctx.databases.setPassword(id, MasterUsername, newPassword);
      if (isCompatible) await applyTokenLogins(ctx, id);
      const isToBackUp = isCompatible && isBackedUp(row);
      const engine_version = shownVersion(ctx, engineOf(row), {
        ...{ asked: row.engine_version, running: server.engineVersion },
      });
      await transition(ctx, id, ["creating"], {
        db_instance_status: isToBackUp ? "backing-up" : isCompatible ? "available" : "incompatible-parameters",
        engine_version,
      });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0005");
      if ("replicaOf" in origin) await recordInstanceEvent(ctx, row, "RDS-EVENT-0046");
      if (!isCompatible) await recordProblem(ctx, row, "incompatible-parameters", new IncompatibleParameters());
      if (isToBackUp) await backUpFrom(ctx, { ...row, engine_version });
    } catch (error) {
      if (!creation.signal.aborted) await fail(ctx, row, "creating", error);
    } finally {
      creation.end();
    }
  });
}

/** From `backing-up`. */
export function scheduleBackup(ctx: ServiceContext, row: DbInstanceRow): void {
  inTurn(ctx, "backup", row, () => backUpFrom(ctx, row));
}

async function backUpFrom(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  try {
    await backUp(ctx, row);
  } catch (error) {
    ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "the DB instance was not backed up");
  } finally {
    await transition(ctx, row.dbi_resource_id, ["backing-up"], { db_instance_status: "available" });
  }
}

/** From `starting`. */
export function start(ctx: ServiceContext, row: DbInstanceRow): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "start", row, async () => {
    try {
      await restartWithGroup(ctx, row, () => ctx.databases.start(id));
      await applyTokenLogins(ctx, id);
      await transition(ctx, id, ["starting"], { db_instance_status: "available" });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0088");
    } catch (error) {
      await fail(ctx, row, "starting", error);
    }
  });
}

/** Of a server that went on when LocalAWS ended. */
export function resumeTokenLogins(ctx: ServiceContext, row: DbInstanceRow): void {
  inTurn(ctx, "token logins of", row, () => applyTokenLogins(ctx, row.dbi_resource_id));
}

/** From `stopping`. */
export function stop(ctx: ServiceContext, row: DbInstanceRow, lastSnapshot?: () => Promise<boolean>): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "stop", row, async () => {
    try {
      // It goes on where the snapshot that was asked for is not taken.
      if (lastSnapshot !== undefined && !(await lastSnapshot())) {
        await transition(ctx, id, ["stopping"], { db_instance_status: "available" });
        return;
      }
      await sealArchive(ctx, row);
      await closeTokenLogins(ctx, row);
      await ctx.databases.stop(id);
      await transition(ctx, id, ["stopping"], { db_instance_status: "stopped" });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0087");
    } catch (error) {
      await fail(ctx, row, "stopping", error);
    }
  });
}

/** From `rebooting`. */
export function reboot(ctx: ServiceContext, row: DbInstanceRow): void {
  if (isMember(row)) {
    rebootMember(ctx, row);
    return;
  }
  const id = row.dbi_resource_id;
  inTurn(ctx, "reboot", row, async () => {
    try {
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0004");
      await restartWithGroup(ctx, row, () => ctx.databases.reboot(id));
      await transition(ctx, id, ["rebooting"], { db_instance_status: "available" });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0006");
    } catch (error) {
      await fail(ctx, row, "rebooting", error);
    }
  });
}

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
      const values = Object.fromEntries(due.map((member) => [member, PendingModifiedValues[member]]));
      const announced = modificationEvents(readDocument(row), values);
      for (const { started } of announced) if (started) await recordInstanceEvent(ctx, row, started);
      const changes = serverChanges(ctx, values, (await refreshed(ctx, row)) ?? row);
      if (Object.keys(changes).length > 0) await ctx.databases.change(id, changes);
      await putInForce(ctx, row, values);
      if (values.Port !== undefined || values.IAMDatabaseAuthenticationEnabled !== undefined) {
        await applyTokenLogins(ctx, id);
      }
      if (values.Port !== undefined) await applyProxiesTo(ctx, id);
      if (values.BackupRetentionPeriod !== undefined) await applyRetention(ctx, row);
      // An outage, as a reboot is one: what waited for that is applied, and formulas have other values.
      if (values.DBInstanceClass !== undefined || values.EngineVersion !== undefined) await retune(ctx, row);
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

/**
 * From `deleting`: gives up on a creation that is under way, and ends with no server and no row. Where a final snapshot is not
 * taken the instance stays, so that no data are lost by a delete that promised one.
 */
export function remove(ctx: ServiceContext, row: DbInstanceRow, finalSnapshot?: () => Promise<boolean>): void {
  if (isMember(row)) {
    removeMember(ctx, row);
    return;
  }
  const id = row.dbi_resource_id;
  giveUpCreation(ctx, id);
  inTurn(ctx, "delete", row, async () => {
    try {
      if (finalSnapshot !== undefined && !(await finalSnapshot())) {
        const runs = (await ctx.databases.get(id))?.state === "running";
        await retainBackups(ctx, row, false);
        await transition(ctx, id, ["deleting"], { db_instance_status: runs ? "available" : "stopped" });
        return;
      }
      await sealArchive(ctx, row);
      await closeTokenLogins(ctx, row);
      await ctx.databases.remove(id);
      await dropUnlessRetained(ctx, row);
      await unlinkReplica(ctx, row);
      await dropProxyTarget(ctx, id);
      await deleteRow(ctx, row);
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0003");
    } catch (error) {
      await fail(ctx, row, "deleting", error);
    }
  });
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

/** Gives up on creations, lets everything else end, and removes every server. */
export async function removeEverything(ctx: ServiceContext): Promise<void> {
  endExports(ctx);
  await endAllWork(ctx);
  await closeProxies(ctx);
  await ctx.databases.removeAll();
}

/** Makes the server. Where it comes up without its parameters only, it is left stopped with them. */
async function launch(ctx: ServiceContext, row: DbInstanceRow, origin: Origin, signal: AbortSignal) {
  const launchWith = (parameters: DatabaseParameters) =>
    launchServer(ctx, {
      ...{ name: row.db_instance_identifier, spec: { ...specOf(ctx, row), parameters }, origin, signal },
      movedTo: (port) => transition(ctx, row.dbi_resource_id, ["creating"], { db_instance_status: "creating", port }),
    });
  const parameters = await takeGroup(ctx, row);
  try {
    return { server: await launchWith(parameters), isCompatible: true };
  } catch (error) {
    if (signal.aborted || Object.keys(parameters).length === 0) throw error;
    const server = await launchWith({});
    ctx.log.error(
      { err: error, dbInstance: row.db_instance_identifier },
      "its parameters keep the server from starting",
    );
    await ctx.databases.stop(row.dbi_resource_id);
    await ctx.databases.configure(row.dbi_resource_id, parameters);
    return { server, isCompatible: false };
  }
}

function specOf(ctx: ServiceContext, row: DbInstanceRow) {
  const { DBInstanceClass = "", MasterUsername = "", DBName } = readDocument(row);
  return {
    id: row.dbi_resource_id,
    engine: engineFacts[engineOf(row)].runs,
    engineVersion: serverVersionOf(ctx, engineOf(row), row.engine_version),
    port: row.port,
    masterUsername: MasterUsername,
    ...(DBName === undefined ? {} : { databaseName: DBName }),
    ...sizeOfClass(DBInstanceClass),
    archived: isBackedUp(row) && hasMoments(ctx, row),
    labels: { "localaws.rds.db-instance": row.db_instance_identifier, "localaws.region": row.region },
  };
}

/** `incompatible-network` is what RDS says of an instance that cannot have its address; it can be started again. */
async function fail(
  ctx: ServiceContext,
  row: DbInstanceRow,
  from: "creating" | "starting" | "stopping" | "rebooting" | "deleting",
  error: unknown,
): Promise<void> {
  const portIsTaken = from === "starting" && !(await isPortFree(listenAddress, row.port));
  const ofParameters = error instanceof IncompatibleParameters;
  const status = ofParameters ? "incompatible-parameters" : portIsTaken ? "incompatible-network" : "failed";
  ctx.log.error(
    { err: error, dbInstance: row.db_instance_identifier, port: row.port },
    `the DB instance went from ${from} to ${status}`,
  );
  await transition(ctx, row.dbi_resource_id, [from], { db_instance_status: status });
  if (from === "creating") await recordInstanceEvent(ctx, row, "RDS-EVENT-0278", wordsOf(error));
  else await recordProblem(ctx, row, status, error);
}
