import type { Context, ServiceContext } from "../service-context.ts";
import type { DbInstanceRow } from "./db-instance-rows.ts";
import { listInstanceRows, readDocument } from "./db-instance-rows.ts";
import { dbParameterGroupAlreadyExists, dbParameterGroupNotFound, dbParameterGroupQuotaExceeded } from "./errors.ts";
import { findNamed, type NamedFamily } from "./named-resources.ts";
import { defaultGroup, type ParameterGroupDocument, parameterGroupsOf } from "./parameter-groups.ts";
import { quotas } from "./quotas.ts";

/** The groups of DB instances. */
export const dbParameterGroupFamily: NamedFamily<ParameterGroupDocument> = {
  kind: "pg",
  notFound: dbParameterGroupNotFound,
  alreadyExists: dbParameterGroupAlreadyExists,
  quota: { most: quotas.DBParameterGroups, exceeded: dbParameterGroupQuotaExceeded },
};

export const { requireGroup: requireParameterGroup, requireOwn: requireOwnParameterGroup } = parameterGroupsOf(
  dbParameterGroupFamily,
  "DBParameterGroup",
);

/** The group of an instance; one that is gone by now has no values. */
export async function parameterGroupOf(
  ctx: ServiceContext,
  row: DbInstanceRow,
): Promise<ParameterGroupDocument | undefined> {
  const name = groupNameOf(row);
  const place = { db: ctx.db, accountId: row.account_id, region: row.region };
  return defaultGroup(name) ?? (await findNamed(place, dbParameterGroupFamily, name));
}

/** The instances that have a group. */
export async function membersOfGroup(ctx: Context, name: string): Promise<DbInstanceRow[]> {
  return (await listInstanceRows(ctx)).filter((row) => groupNameOf(row) === name);
}

export function groupNameOf(row: DbInstanceRow): string {
  return readDocument(row).DBParameterGroups?.[0]?.DBParameterGroupName ?? "";
}
