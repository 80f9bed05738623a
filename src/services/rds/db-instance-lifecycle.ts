import type { ServiceContext } from "../service-context.ts";
import { dropUnlessRetained, retainBackups, sealArchive } from "./automated-backups.ts";
import { isMember, rebootMember, removeMember } from "./db-cluster-member-lifecycle.ts";
import { automaticRestartTime, changeDocument, type DbInstanceRow, deleteRow, transition } from "./db-instance-rows.ts";
import { fail, inTurn } from "./db-instance-turns.ts";
import { applyProxiesTo, closeProxies, dropProxyTarget } from "./db-proxy-forwards.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { endExports } from "./export-run.ts";
import { restartWithGroup } from "./instance-tuning.ts";
import { unlinkReplica } from "./replica-links.ts";
import { replicateBackups } from "./replicated-backups.ts";
import { endAllWork, giveUpCreation } from "./server-work.ts";
import { applyTokenLogins, closeTokenLogins } from "./token-logins.ts";

// What goes on after an answer. The row has the state that was answered ("stopping"); the work here makes it true and
// writes the state that follows, unless another request has moved the instance on meanwhile.

/** From `starting`. */
export function start(ctx: ServiceContext, row: DbInstanceRow): void {
  const id = row.dbi_resource_id;
  inTurn(ctx, "start", row, async () => {
    try {
      await restartWithGroup(ctx, row, () => ctx.databases.start(id));
      await applyTokenLogins(ctx, id);
      await applyProxiesTo(ctx, id);
      await transition(ctx, id, ["starting"], { db_instance_status: "available" });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0088");
    } catch (error) {
      await fail(ctx, row, "starting", error);
    }
  });
}

/** Of a server that went on when LocalAWS ended. */
export function resumeTokenLogins(ctx: ServiceContext, row: DbInstanceRow): void {
  inTurn(ctx, "token logins of", row, async () => {
    await applyTokenLogins(ctx, row.dbi_resource_id);
    await applyProxiesTo(ctx, row.dbi_resource_id);
  });
}

/** Has the last backup of an instance come to the regions that wait for one. */
export function startReplication(ctx: ServiceContext, row: DbInstanceRow): void {
  inTurn(ctx, "replicate backups of", row, () => replicateBackups(ctx, row));
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
      const AutomaticRestartTime = automaticRestartTime(ctx.now());
      await changeDocument(ctx, id, (document) => ({ ...document, AutomaticRestartTime }));
      await transition(ctx, id, ["stopping"], { db_instance_status: "stopped" });
      await recordInstanceEvent(ctx, row, "RDS-EVENT-0087");
    } catch (error) {
      await fail(ctx, row, "stopping", error);
    }
  });
}

/** From `rebooting`. `isFailover`: of an instance that is where its standby was by now. */
export function reboot(ctx: ServiceContext, row: DbInstanceRow, isFailover = false): void {
  if (isMember(row)) {
    rebootMember(ctx, row);
    return;
  }
  const id = row.dbi_resource_id;
  inTurn(ctx, "reboot", row, async () => {
    try {
      await recordInstanceEvent(ctx, row, isFailover ? "RDS-EVENT-0013" : "RDS-EVENT-0004");
      await restartWithGroup(ctx, row, () => ctx.databases.reboot(id));
      await transition(ctx, id, ["rebooting"], { db_instance_status: "available" });
      await recordInstanceEvent(ctx, row, isFailover ? "RDS-EVENT-0049" : "RDS-EVENT-0006");
    } catch (error) {
      await fail(ctx, row, "rebooting", error);
    }
  });
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

/** Gives up on creations, lets everything else end, and removes every server. */
export async function removeEverything(ctx: ServiceContext): Promise<void> {
  endExports(ctx);
  await endAllWork(ctx);
  await closeProxies(ctx);
  await ctx.databases.removeAll();
}
