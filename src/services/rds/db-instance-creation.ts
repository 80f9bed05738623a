import type { DatabaseParameters } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { isArchived, isBackedUp } from "./automated-backups.ts";
import { backUpFrom } from "./db-instance-backups.ts";
import { sizeOfClass } from "./db-instance-classes.ts";
import { type DbInstanceRow, readDocument, transition } from "./db-instance-rows.ts";
import { fail, inTurn } from "./db-instance-turns.ts";
import { serverVersionOf, shownVersion } from "./engine-versions.ts";
import { engineFacts, engineOf } from "./engines.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { recordProblem } from "./instance-events.ts";
import { takeGroup } from "./instance-parameters.ts";
import { IncompatibleParameters } from "./instance-tuning.ts";
import { launchServer, type Origin } from "./server-launch.ts";
import { beginCreation, turnsOf } from "./server-work.ts";
import { applyTokenLogins } from "./token-logins.ts";

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
      const engine_version = shownVersion({ asked: row.engine_version, running: server.engineVersion });
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
    archived: isArchived(ctx, row),
    labels: { "localaws.rds.db-instance": row.db_instance_identifier, "localaws.region": row.region },
  };
}
