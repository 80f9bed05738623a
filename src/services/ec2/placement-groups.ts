import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceTypeInfo, Placement, PlacementGroup } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, malformed } from "./errors.ts";
import { instances } from "./instances.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { deleteResources, findResource, listResources, type Resource, tagsMember } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

const maxPartitions = 7;

export const placementGroups: Resource<PlacementGroup> = {
  table: "ec2_placement_groups",
  prefix: "pg",
  type: "placement-group",
  idOf: (group) => group.GroupId ?? "",
  columnsOf: (group) => ({ group_name: group.GroupName ?? "" }),
  ...tagsMember,
  filters: pathFilters<PlacementGroup>()({
    "group-arn": "GroupArn",
    "group-id": "GroupId",
    "group-name": "GroupName",
    "spread-level": "SpreadLevel",
    state: "State",
    strategy: "Strategy",
  }),
  columnFilters: { "group-id": "id", "group-name": "group_name" },
  malformed: (id) => malformed("InvalidPlacementGroupId.Malformed", id, "pg"),
  notFound: ([id = ""]) => unknownGroup(id),
};

export const placementGroupOperations = {
  async CreatePlacementGroup(ctx, input) {
    const GroupName = required(input.GroupName, "groupName");
    if (!/^[\x20-\x7e]{1,255}$/.test(GroupName)) {
      throw invalidParameterValue(`Value (${GroupName}) for parameter groupName is invalid.`);
    }
    const Strategy = input.Strategy ?? "cluster";
    if (!["cluster", "spread", "partition"].includes(Strategy)) {
      throw invalidParameterValue(`Value (${Strategy}) for parameter strategy is invalid. Invalid placement strategy.`);
    }
    const { PartitionCount, SpreadLevel } = checkShape(Strategy, input);
    const tags = tagsForNew(input.TagSpecifications, "placement-group");
    return inTransaction(ctx, async (scope) => {
      if ((await findPlacementGroup(scope, GroupName)) !== undefined) {
        throw new AwsError("InvalidPlacementGroup.Duplicate", `The Placement Group '${GroupName}' already exists.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const GroupId = scope.newId("pg");
      const made: PlacementGroup = {
        GroupId,
        GroupName,
        GroupArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:placement-group/${GroupName}`,
        State: "available",
        Strategy,
        ...(PartitionCount === undefined ? {} : { PartitionCount }),
        ...(SpreadLevel === undefined ? {} : { SpreadLevel }),
      };
      return { PlacementGroup: await insertTagged(scope, placementGroups, made, tags) };
    });
  },

  async DescribePlacementGroups(ctx, input) {
    const names = input.GroupNames ?? [];
    const page = await describeResources(ctx, placementGroups, input, {
      ids: input.GroupIds,
      only: (group) => names.length === 0 || names.includes(group.GroupName ?? ""),
    });
    const missing = names.find((name) => !page.items.some((group) => group.GroupName === name));
    if (missing !== undefined && (await findPlacementGroup(ctx, missing)) === undefined) throw unknownGroup(missing);
    return { PlacementGroups: page.items };
  },

  async DeletePlacementGroup(ctx, input) {
    const name = required(input.GroupName, "groupName");
    return inTransaction(ctx, async (scope) => {
      const group = await findPlacementGroup(scope, name);
      if (group === undefined) throw unknownGroup(name);
      const states = ["pending", "running", "stopping", "stopped", "shutting-down"];
      const members = await listResources(scope, instances, { state: states });
      if (members.some(({ Placement }) => Placement?.GroupName === group.GroupName)) {
        throw new AwsError(
          "InvalidPlacementGroup.InUse",
          `The placement group '${name}' is in use and may not be deleted.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, placementGroups, [placementGroups.idOf(group)]);
      return {};
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** By its name, or by its id. */
async function findPlacementGroup(scope: Scope, name: string): Promise<PlacementGroup | undefined> {
  return (
    (await listResources(scope, placementGroups, { group_name: name }))[0] ??
    (await findResource(scope, placementGroups, name))
  );
}

/** What an instance shows of the group that it is put in. @throws AwsError for a group or a partition that is not there */
export async function placementInGroup(
  scope: Scope,
  { GroupName, GroupId, PartitionNumber }: Placement,
  type: InstanceTypeInfo,
): Promise<Pick<Placement, "GroupName" | "GroupId" | "PartitionNumber">> {
  if (GroupName && GroupId) {
    throw invalidParameterCombination("The parameter groupName cannot be used with the parameter groupId");
  }
  const name = GroupName || GroupId;
  if (!name) return { GroupName: "" };
  const group = await findPlacementGroup(scope, name);
  if (group === undefined) throw unknownGroup(name);
  const strategies: readonly (string | undefined)[] = type.PlacementGroupInfo?.SupportedStrategies ?? [];
  if (!strategies.includes(group.Strategy)) {
    throw invalidParameterCombination(
      `Placement groups may not be used with instances of type '${type.InstanceType}'.`,
    );
  }
  if (PartitionNumber === undefined || PartitionNumber === 0)
    return { GroupName: group.GroupName, GroupId: group.GroupId };
  if (group.Strategy !== "partition") {
    throw invalidParameterCombination("The parameter partitionNumber is only valid for partition placement groups");
  }
  if (PartitionNumber < 1 || PartitionNumber > (group.PartitionCount ?? maxPartitions)) {
    throw invalidParameterValue(`Value (${PartitionNumber}) for parameter partitionNumber is invalid.`);
  }
  return { GroupName: group.GroupName, GroupId: group.GroupId, PartitionNumber };
}

function checkShape(
  strategy: string,
  { PartitionCount, SpreadLevel }: Pick<PlacementGroup, "PartitionCount" | "SpreadLevel">,
): Pick<PlacementGroup, "PartitionCount" | "SpreadLevel"> {
  if (PartitionCount !== undefined && PartitionCount !== 0) {
    if (strategy !== "partition") {
      throw invalidParameterCombination("The parameter partitionCount is only valid for the partition strategy");
    }
    if (PartitionCount < 1 || PartitionCount > maxPartitions) {
      throw invalidParameterValue(
        `Value (${PartitionCount}) for parameter partitionCount is invalid. Must be between 1 and ${maxPartitions}.`,
      );
    }
  }
  if (SpreadLevel !== undefined) {
    if (strategy !== "spread") {
      throw invalidParameterCombination("The parameter spreadLevel is only valid for the spread strategy");
    }
    if (SpreadLevel !== "host" && SpreadLevel !== "rack") {
      throw invalidParameterValue(`Value (${String(SpreadLevel)}) for parameter spreadLevel is invalid.`);
    }
  }
  switch (strategy) {
    case "partition":
      return { PartitionCount: PartitionCount || 2 };
    case "spread":
      return { SpreadLevel: SpreadLevel ?? "rack" };
    default:
      return {};
  }
}

function unknownGroup(name: string) {
  return new AwsError("InvalidPlacementGroup.Unknown", `The Placement Group '${name}' is unknown.`);
}
