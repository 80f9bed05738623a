import type { DatabaseParameters } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { changeDocument, type DbInstanceRow } from "./db-instance-rows.ts";
import type { ParameterChange, ParameterGroupDocument } from "./parameter-groups.ts";
import { serverParameters } from "./server-parameters.ts";
import { parameterGroupOf } from "./stored-parameter-groups.ts";

// An instance's server goes by the values that its group had when it was made or last rebooted, and by what was changed in
// the group with the method `immediate` since.

/** What RDS says of an instance and its group. */
export type ParameterApplyStatus = "applying" | "in-sync" | "pending-reboot" | "failed-to-apply";

/** The instance goes by all of its group from now on. Resolves with what its server is to be told. */
export async function takeGroup(ctx: ServiceContext, row: DbInstanceRow): Promise<DatabaseParameters> {
  return apply(ctx, row, valuesOf(await parameterGroupOf(ctx, row)));
}

/** The instance goes by these changes, too. Resolves with all that its server is to be told. */
export async function takeChanges(
  ctx: ServiceContext,
  row: DbInstanceRow,
  changes: readonly ParameterChange[],
): Promise<DatabaseParameters> {
  return apply(ctx, row, withParameterChanges(await readApplied(ctx, row.dbi_resource_id), changes));
}

async function apply(
  ctx: ServiceContext,
  row: DbInstanceRow,
  values: Readonly<Record<string, string>>,
): Promise<DatabaseParameters> {
  await writeApplied(ctx, row.dbi_resource_id, values);
  return serverParameters(row, values);
}

/** What of a group's parameters was set. */
export function valuesOf(group: ParameterGroupDocument | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(group?.values ?? {}).map(([name, { value }]) => [name, value]));
}

export function withParameterChanges(
  before: Readonly<Record<string, string>>,
  changes: readonly ParameterChange[],
): Record<string, string> {
  const values = new Map(Object.entries(before));
  for (const { name, value } of changes) {
    if (value === undefined) values.delete(name);
    else values.set(name, value);
  }
  return Object.fromEntries(values);
}

/** `unlessPending`: an instance that waits for its reboot goes on waiting. */
export async function setApplyStatus(
  ctx: ServiceContext,
  row: DbInstanceRow,
  status: ParameterApplyStatus,
  { unlessPending = false } = {},
): Promise<void> {
  await changeDocument(ctx, row.dbi_resource_id, (document) => ({
    ...document,
    DBParameterGroups: (document.DBParameterGroups ?? []).map((group) => {
      const stays = unlessPending && group.ParameterApplyStatus === "pending-reboot";
      return stays ? group : { ...group, ParameterApplyStatus: status };
    }),
  }));
}

/** What the server `id`, of an instance or of a cluster, goes by. */
export async function readApplied({ db }: ServiceContext, id: string): Promise<Record<string, string>> {
  const row = await db
    .selectFrom("rds_applied_parameters")
    .select("parameters")
    .where("dbi_resource_id", "=", id)
    .executeTakeFirst();
  return row === undefined ? {} : (JSON.parse(row.parameters) as Record<string, string>);
}

export async function writeApplied(
  { db }: ServiceContext,
  id: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const parameters = JSON.stringify(values);
  await db
    .insertInto("rds_applied_parameters")
    .values({ dbi_resource_id: id, parameters })
    .onConflict((conflict) => conflict.column("dbi_resource_id").doUpdateSet({ parameters }))
    .execute();
}
