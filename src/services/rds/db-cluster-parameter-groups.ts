import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterParameterGroup, Parameter } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { reconfigureCluster } from "./cluster-parameters.ts";
import { listClusters } from "./db-cluster-rows.ts";
import { arnOfNamed } from "./named-resources.ts";
import { parameterGroupWork } from "./parameter-group-work.ts";
import { describeEngineDefaults, type ParameterGroupDocument } from "./parameter-groups.ts";
import {
  clustersOfGroup,
  clusterParameterGroupFamily as family,
  requireClusterParameterGroup as requireGroup,
  requireOwnClusterParameterGroup as requireOwn,
} from "./stored-cluster-parameter-groups.ts";

const groups = parameterGroupWork({
  ...{ family, requireGroup, requireOwn },
  pages: { groups: "db-cluster-parameter-groups", parameters: "db-cluster-parameters" },
  async namesInUse({ db, accountId, region }) {
    const own = (await listClusters({ db })).filter((one) => one.accountId === accountId && one.region === region);
    return own.map(({ settings }) => settings.DBClusterParameterGroup ?? "");
  },
  inUse: () => "One or more DB clusters are still members of this parameter group, so the group cannot be deleted",
  async reconfigure(ctx, name, changes) {
    for (const cluster of await clustersOfGroup(ctx, name)) await reconfigureCluster(ctx, cluster, changes);
  },
});

export const dbClusterParameterGroups = {
  async CreateDBClusterParameterGroup(ctx, input) {
    const group = await groups.create(ctx, {
      ...{ name: input.DBClusterParameterGroupName, parameter: "DBClusterParameterGroupName" },
      ...{ family: input.DBParameterGroupFamily, description: input.Description, tags: input.Tags },
    });
    return { DBClusterParameterGroup: toGroup(ctx, group) };
  },

  async CopyDBClusterParameterGroup(ctx, input) {
    const copy = await groups.copy(ctx, {
      ...{ source: input.SourceDBClusterParameterGroupIdentifier, tags: input.Tags },
      ...{ name: input.TargetDBClusterParameterGroupIdentifier, parameter: "TargetDBClusterParameterGroupIdentifier" },
      description: input.TargetDBClusterParameterGroupDescription,
    });
    return { DBClusterParameterGroup: toGroup(ctx, copy) };
  },

  async DescribeDBClusterParameterGroups(ctx, input) {
    const { items, marker } = await groups.list(ctx, input.DBClusterParameterGroupName, input);
    return { DBClusterParameterGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async ModifyDBClusterParameterGroup(ctx, { DBClusterParameterGroupName, Parameters }) {
    const { name } = await groups.modify(ctx, { name: DBClusterParameterGroupName, parameters: Parameters });
    return { DBClusterParameterGroupName: name };
  },

  async ResetDBClusterParameterGroup(ctx, { DBClusterParameterGroupName, Parameters, ResetAllParameters }) {
    const request = { name: DBClusterParameterGroupName, parameters: Parameters, all: ResetAllParameters };
    return { DBClusterParameterGroupName: (await groups.reset(ctx, request)).name };
  },

  async DeleteDBClusterParameterGroup(ctx, input) {
    await groups.remove(ctx, input.DBClusterParameterGroupName);
    return {};
  },

  async DescribeDBClusterParameters(ctx, input) {
    const { Parameters, ...page } = await groups.parametersOf(ctx, input.DBClusterParameterGroupName, input);
    return { ...page, Parameters: Parameters.map(ofCluster) };
  },

  async DescribeEngineDefaultClusterParameters(_ctx, input) {
    const { Parameters = [], ...page } = describeEngineDefaults(input, "engine-default-cluster-parameters");
    return { EngineDefaults: { ...page, Parameters: Parameters.map(ofCluster) } };
  },
} satisfies Operations<typeof Rds, Context>;

/** Of clusters AWS says for which engine modes a parameter is; there is one mode here. */
function ofCluster(parameter: Parameter): Parameter {
  return { ...parameter, SupportedEngineModes: ["provisioned"] };
}

function toGroup(
  ctx: Context,
  { name, family: groupFamily, description }: ParameterGroupDocument,
): DBClusterParameterGroup {
  return {
    DBClusterParameterGroupName: name,
    DBParameterGroupFamily: groupFamily,
    Description: description,
    DBClusterParameterGroupArn: arnOfNamed(ctx, "cluster-pg", name),
  };
}
