import type * as Rds from "@aws-sdk/client-rds";
import type { DBParameterGroup, Parameter } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { reconfigure } from "./db-instance-modification.ts";
import { listInstanceRows } from "./db-instance-rows.ts";
import { invalidDbParameterGroupState } from "./errors.ts";
import { recordEvent } from "./event-log.ts";
import { arnOfNamed, deleteNamed, insertNamed, listNamed, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  changesOf,
  defaultGroup,
  describeEngineDefaults,
  describeParameters,
  newParameterGroup,
  type ParameterGroupDocument,
  requireGroupName,
  resetsOf,
  withChanges,
  withResets,
} from "./parameter-groups.ts";
import {
  dbParameterGroupFamily as family,
  groupNameOf,
  membersOfGroup,
  requireParameterGroup as requireGroup,
  requireOwnParameterGroup as requireOwn,
} from "./stored-parameter-groups.ts";

export const dbParameterGroups = {
  async CreateDBParameterGroup(ctx, input) {
    const group = newParameterGroup({
      ...{ name: input.DBParameterGroupName, parameter: "DBParameterGroupName" },
      ...{ family: input.DBParameterGroupFamily, description: input.Description },
    });
    await insertNamed(ctx, family, group.name, group, input.Tags);
    return { DBParameterGroup: toGroup(ctx, group) };
  },

  async CopyDBParameterGroup(ctx, input) {
    const source = await requireGroup(ctx, input.SourceDBParameterGroupIdentifier);
    const name = requireGroupName("TargetDBParameterGroupIdentifier", input.TargetDBParameterGroupIdentifier ?? "");
    const copy = { ...source, name, description: input.TargetDBParameterGroupDescription ?? source.description };
    await insertNamed(ctx, family, name, copy, input.Tags);
    return { DBParameterGroup: toGroup(ctx, copy) };
  },

  async DescribeDBParameterGroups(ctx, input) {
    const groups = input.DBParameterGroupName
      ? [await requireGroup(ctx, input.DBParameterGroupName)]
      : [...(await defaultsInUse(ctx)), ...(await listNamed(ctx, family)).map(({ document }) => document)];
    const sorted = groups.sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, marker } = page(sorted, { ...input, kind: "db-parameter-groups" }, ({ name }) => name);
    return { DBParameterGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async ModifyDBParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBParameterGroupName, "modified");
    const changed = withChanges(group, input.Parameters ?? []);
    await updateNamed(ctx, family, group.name, changed);
    await recordParameters(ctx, changed, input.Parameters ?? []);
    await reconfigureMembers(ctx, group, changed, input.Parameters ?? []);
    return { DBParameterGroupName: group.name };
  },

  async ResetDBParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBParameterGroupName, "modified");
    const all = input.ResetAllParameters === true || (input.Parameters ?? []).length === 0;
    const reset = withResets(group, all ? undefined : input.Parameters);
    await updateNamed(ctx, family, group.name, reset);
    await reconfigureMembers(ctx, group, reset, all ? resetsOf(group) : (input.Parameters ?? []));
    return { DBParameterGroupName: group.name };
  },

  async DeleteDBParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBParameterGroupName, "deleted");
    const users = await membersOfGroup(ctx, group.name);
    if (users.length > 0) {
      throw invalidDbParameterGroupState(
        `One or more database instances are still members of this parameter group ${group.name}, so the group cannot be deleted`,
      );
    }
    await deleteNamed(ctx, family, group.name);
    return {};
  },

  async DescribeDBParameters(ctx, input) {
    const group = await requireGroup(ctx, input.DBParameterGroupName);
    const all = describeParameters(group, input.Source);
    const { items, marker } = page(all, { ...input, kind: "db-parameters" }, (one) => one.ParameterName ?? "");
    return { Parameters: items, Marker: marker };
  },

  async DescribeEngineDefaultParameters(_ctx, input) {
    return { EngineDefaults: describeEngineDefaults(input, "engine-default-parameters") };
  },
} satisfies Operations<typeof Rds, Context>;

/** Default groups are shown as soon as an instance uses them. */
async function defaultsInUse(ctx: Context): Promise<ParameterGroupDocument[]> {
  const names = new Set((await listInstanceRows(ctx)).map(groupNameOf));
  return [...names].flatMap((name) => defaultGroup(name) ?? []);
}

/** Tells the instances of a group what changed in it. */
async function reconfigureMembers(
  ctx: Context,
  before: ParameterGroupDocument,
  after: ParameterGroupDocument,
  requested: readonly Parameter[],
): Promise<void> {
  const changes = changesOf(before, after, requested);
  if (changes.length === 0) return;
  for (const row of await membersOfGroup(ctx, after.name)) await reconfigure(ctx, row, changes);
}

async function recordParameters(
  { db, now, accountId, region }: Context,
  { name }: ParameterGroupDocument,
  parameters: readonly Parameter[],
): Promise<void> {
  for (const { ParameterName = "", ParameterValue = "", ApplyMethod = "pending-reboot" } of parameters) {
    const source = { accountId, region, type: "db-parameter-group" as const, name };
    await recordEvent({ db, now }, source, "RDS-EVENT-0037", ParameterName, ParameterValue, ApplyMethod);
  }
}

function toGroup(ctx: Context, { name, family: groupFamily, description }: ParameterGroupDocument): DBParameterGroup {
  return {
    DBParameterGroupName: name,
    DBParameterGroupFamily: groupFamily,
    Description: description,
    DBParameterGroupArn: arnOfNamed(ctx, "pg", name),
  };
}
