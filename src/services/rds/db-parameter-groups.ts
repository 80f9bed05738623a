import type * as Rds from "@aws-sdk/client-rds";
import type { DBParameterGroup, Parameter } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { reconfigure } from "./db-instance-modification.ts";
import { listInstanceRows } from "./db-instance-rows.ts";
import { recordEvent } from "./event-log.ts";
import { arnOfNamed } from "./named-resources.ts";
import { parameterGroupWork } from "./parameter-group-work.ts";
import { describeEngineDefaults, type ParameterGroupDocument } from "./parameter-groups.ts";
import {
  dbParameterGroupFamily as family,
  groupNameOf,
  membersOfGroup,
  requireParameterGroup as requireGroup,
  requireOwnParameterGroup as requireOwn,
} from "./stored-parameter-groups.ts";

const groups = parameterGroupWork({
  ...{ family, requireGroup, requireOwn },
  pages: { groups: "db-parameter-groups", parameters: "db-parameters" },
  namesInUse: async (ctx) => (await listInstanceRows(ctx)).map(groupNameOf),
  inUse: (name) =>
    `One or more database instances are still members of this parameter group ${name}, so the group cannot be deleted`,
  async reconfigure(ctx, name, changes) {
    for (const row of await membersOfGroup(ctx, name)) await reconfigure(ctx, row, changes);
  },
});

export const dbParameterGroups = {
  async CreateDBParameterGroup(ctx, input) {
    const group = await groups.create(ctx, {
      ...{ name: input.DBParameterGroupName, parameter: "DBParameterGroupName" },
      ...{ family: input.DBParameterGroupFamily, description: input.Description, tags: input.Tags },
    });
    return { DBParameterGroup: toGroup(ctx, group) };
  },

  async CopyDBParameterGroup(ctx, input) {
    const copy = await groups.copy(ctx, {
      ...{ source: input.SourceDBParameterGroupIdentifier, parameter: "TargetDBParameterGroupIdentifier" },
      ...{ name: input.TargetDBParameterGroupIdentifier, tags: input.Tags },
      description: input.TargetDBParameterGroupDescription,
    });
    return { DBParameterGroup: toGroup(ctx, copy) };
  },

  async DescribeDBParameterGroups(ctx, input) {
    const { items, marker } = await groups.list(ctx, input.DBParameterGroupName, input);
    return { DBParameterGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async ModifyDBParameterGroup(ctx, { DBParameterGroupName, Parameters }) {
    const { name } = await groups.modify(ctx, { name: DBParameterGroupName, parameters: Parameters });
    await recordParameters(ctx, name, Parameters ?? []);
    return { DBParameterGroupName: name };
  },

  async ResetDBParameterGroup(ctx, { DBParameterGroupName, Parameters, ResetAllParameters }) {
    const request = { name: DBParameterGroupName, parameters: Parameters, all: ResetAllParameters };
    return { DBParameterGroupName: (await groups.reset(ctx, request)).name };
  },

  async DeleteDBParameterGroup(ctx, input) {
    await groups.remove(ctx, input.DBParameterGroupName);
    return {};
  },

  async DescribeDBParameters(ctx, input) {
    return await groups.parametersOf(ctx, input.DBParameterGroupName, input);
  },

  async DescribeEngineDefaultParameters(_ctx, input) {
    return { EngineDefaults: describeEngineDefaults(input, "engine-default-parameters") };
  },
} satisfies Operations<typeof Rds, Context>;

async function recordParameters(
  { db, now, accountId, region }: Context,
  name: string,
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
