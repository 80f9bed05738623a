import type { DatabaseParameters } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { changeDocument, type DbInstanceRow } from "./db-instance-rows.ts";
import { serverParameters } from "./server-parameters.ts";
import { parameterGroupOf } from "./stored-parameter-groups.ts";

// An instance's server goes by the values that its group had when it was made or last rebooted, and by what was changed in
// the group with the method `immediate` since.

export interface ParameterChange {
  readonly name: string;
  /** None: the parameter was reset. */
  readonly value: string | undefined;
  readonly isImmediate: boolean;
}

/** What RDS says of an instance and its group. */
export type ParameterApplyStatus = "applying" | "in-sync" | "pending-reboot" | "failed-to-apply";

/** The instance goes by all of its group from now on. Resolves with what its server is to be told. */
export async function takeGroup(ctx: ServiceContext, row: DbInstanceRow): Promise<DatabaseParameters> {
  const { values = {} } = (await parameterGroupOf(ctx, row)) ?? {};
  return write(ctx, row, Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value])));
}

/** The instance goes by these changes, too. Resolves with all that its server is to be told. */
export async function takeChanges(
  ctx: ServiceContext,
  row: DbInstanceRow,
  changes: readonly ParameterChange[],
): Promise<DatabaseParameters> {
  const values = new Map(Object.entries(await read(ctx, row)));
  for (const { name, value } of changes) {
    if (value === undefined) values.delete(name);
    else values.set(name, value);
  }
  return write(ctx, row, Object.fromEntries(values));
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

async function read(ctx: ServiceContext, { dbi_resource_id }: DbInstanceRow): Promise<Record<string, string>> {
  const row = await ctx.db
    .selectFrom("rds_applied_parameters")
    .select("parameters")
    .where("dbi_resource_id", "=", dbi_resource_id)
    .executeTakeFirst();
  return row === undefined ? {} : (JSON.parse(row.parameters) as Record<string, string>);
}

async function write(
  ctx: ServiceContext,
  row: DbInstanceRow,
  values: Readonly<Record<string, string>>,
): Promise<DatabaseParameters> {
  const parameters = JSON.stringify(values);
  await ctx.db
    .insertInto("rds_applied_parameters")
    .values({ dbi_resource_id: row.dbi_resource_id, parameters })
    .onConflict((conflict) => conflict.column("dbi_resource_id").doUpdateSet({ parameters }))
    .execute();
  return serverParameters(row, values);
}
