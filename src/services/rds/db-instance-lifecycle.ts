import type { PendingModifiedValues } from "@aws-sdk/client-rds";
import type { DatabaseChanges, DatabaseServer } from "../../runtime/database-driver.ts";
import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";
import { isMember, modifyMember, rebootMember, removeMember } from "./db-cluster-member-lifecycle.ts";
import { sizeOfClass } from "./db-instance-classes.ts";
import {
  changeDocument,
  type DbInstanceRow,
  type DbInstanceStatus,
  deleteRow,
  readDocument,
  transition,
} from "./db-instance-rows.ts";
import { putInForce, withoutPending } from "./pending-changes.ts";
import { listenAddress } from "./ports.ts";
import { launchServer, type Origin } from "./server-launch.ts";
import { beginCreation, endAllWork, giveUpCreation, takeTurn } from "./server-work.ts";

// What goes on after an answer. The row has the state that was answered ("stopping"); the work here makes it true and
// writes the state that follows, unless another request has moved the instance on meanwhile.

function inTurn(ctx: ServiceContext, name: string, row: DbInstanceRow, work: () => Promise<void>): void {
  takeTurn(ctx, { id: row.dbi_resource_id, name: `rds ${name} ${row.db_instance_identifier}` }, work);
}

/** From `creating`. */
export function create(ctx: ServiceContext, row: DbInstanceRow, origin: Origin): void {
  const id = row.dbi_resource_id;
  const creation = beginCreation(ctx, id);
  inTurn(ctx, "create", row, async () => {
    try {
      const server = await launch(ctx, row, origin, creation.signal);
      await transition(ctx, id, ["creating"], {
        db_instance_status: "available",
        engine_version: server.engineVersion ?? row.engine_version,
      });
    } catch (error) {
      if (!creation.signal.aborted) await fail(ctx, row, "creating", error);
    } finally {
      creation.end();
    }
  });
}

/** From `starting`. */
export function start(ctx: ServiceContext, row: DbInstanceRow): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "start", row, async () => {
    try {
      await ctx.databases.start(id);
      await transition(ctx, id, ["starting"], { db_instance_status: "available" });
    } catch (error) {
      await fail(ctx, row, "starting", error);
    }
  });
}

/** From `stopping`. */
export function stop(ctx: ServiceContext, row: DbInstanceRow): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "stop", row, async () => {
    try {
      await ctx.databases.stop(id);
      await transition(ctx, id, ["stopping"], { db_instance_status: "stopped" });
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
      await ctx.databases.reboot(id);
      await transition(ctx, id, ["rebooting"], { db_instance_status: "available" });
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
  { due, masterPassword }: { due: readonly (keyof PendingModifiedValues)[]; masterPassword?: string | undefined },
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
      if (masterPassword !== undefined) await ctx.databases.setPassword(id, MasterUsername, masterPassword);
      const values = Object.fromEntries(due.map((member) => [member, PendingModifiedValues[member]]));
      const changes = serverChanges(values);
      if (Object.keys(changes).length > 0) await ctx.databases.change(id, changes);
      await putInForce(ctx, row, values);
      await transition(ctx, id, from, { db_instance_status: "available" });
    } catch (error) {
      ctx.log.error({ err: error, dbInstance: row.db_instance_identifier }, "the DB instance was not modified");
      await changeDocument(ctx, id, (document) => withoutPending(document, [...due, "MasterUserPassword"]));
      const runs = (await ctx.databases.get(id))?.state === "running";
      await transition(ctx, id, from, { db_instance_status: runs ? "available" : "failed" });
    }
  });
}

function serverChanges({ DBInstanceClass, EngineVersion, Port }: PendingModifiedValues): DatabaseChanges {
  return {
    ...(DBInstanceClass !== undefined && sizeOfClass(DBInstanceClass)),
    ...(EngineVersion !== undefined && { engineVersion: EngineVersion }),
    ...(Port !== undefined && { port: Port }),
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
        await transition(ctx, id, ["deleting"], { db_instance_status: runs ? "available" : "stopped" });
        return;
      }
      await ctx.databases.remove(id);
      await deleteRow(ctx, row);
    } catch (error) {
      await fail(ctx, row, "deleting", error);
    }
  });
}

/** Gives up on creations, lets everything else end, and removes every server. */
export async function removeEverything(ctx: ServiceContext): Promise<void> {
  await endAllWork(ctx);
  await ctx.databases.removeAll();
}

function launch(ctx: ServiceContext, row: DbInstanceRow, origin: Origin, signal: AbortSignal): Promise<DatabaseServer> {
  return launchServer(ctx, {
    ...{ name: row.db_instance_identifier, spec: specOf(row), origin, signal },
    movedTo: (port) => transition(ctx, row.dbi_resource_id, ["creating"], { db_instance_status: "creating", port }),
  });
}

function specOf(row: DbInstanceRow) {
  const { DBInstanceClass = "", MasterUsername = "", DBName } = readDocument(row);
  return {
    id: row.dbi_resource_id,
    engine: "postgres" as const,
    engineVersion: row.engine_version,
    port: row.port,
    masterUsername: MasterUsername,
    ...(DBName === undefined ? {} : { databaseName: DBName }),
    ...sizeOfClass(DBInstanceClass),
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
  const status = portIsTaken ? "incompatible-network" : "failed";
  ctx.log.error(
    { err: error, dbInstance: row.db_instance_identifier, port: row.port },
    `the DB instance went from ${from} to ${status}`,
  );
  await transition(ctx, row.dbi_resource_id, [from], { db_instance_status: status });
}
