import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { chooseReservation } from "./capacity-reservations.ts";
import { chooseHost } from "./dedicated-hosts.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { checkStopped } from "./instance-attributes.ts";
import { cpuOptionsOf } from "./instance-options.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { checkOneOf } from "./one-of.ts";
import { placementInGroup } from "./placement-groups.ts";
import { internalDomain } from "./region-data.ts";
import { required } from "./required.ts";
import { findResource, getResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

export const instanceModificationOperations = {
  async ModifyInstancePlacement(ctx, input) {
    const { GroupName, GroupId, HostId, Affinity, Tenancy, PartitionNumber } = input;
    if ([GroupName, GroupId, HostId, Affinity, Tenancy, PartitionNumber].every((member) => member === undefined)) {
      throw missingParameter("affinity, groupName, hostId or tenancy");
    }
    if (Affinity !== undefined && Affinity !== "default" && Affinity !== "host") {
      throw invalidParameterValue(`Invalid value '${String(Affinity)}' for affinity.`);
    }
    await change(ctx, input, async (scope, instance) => {
      checkStopped(instance);
      const before = instance.Placement ?? {};
      if (Tenancy !== undefined && (before.Tenancy === "default" || before.Tenancy === undefined)) {
        throw invalidParameterCombination("The tenancy of an instance with the tenancy 'default' cannot be changed.");
      }
      const tenancy = Tenancy ?? before.Tenancy;
      const host = await chooseHost(
        scope,
        { HostId, Tenancy: tenancy },
        getInstanceType(instance.InstanceType ?? ""),
        before.AvailabilityZone,
      );
      const inGroup = GroupName !== undefined || GroupId !== undefined || PartitionNumber !== undefined;
      instance.Placement = {
        ...before,
        Tenancy: tenancy,
        ...(Affinity === undefined ? {} : { Affinity }),
        ...host,
        ...(inGroup
          ? await placementInGroup(
              scope,
              { GroupName: GroupName ?? before.GroupName, GroupId, PartitionNumber },
              getInstanceType(instance.InstanceType ?? ""),
            )
          : {}),
      };
    });
    return { Return: true };
  },

  async ModifyInstanceCpuOptions(ctx, input) {
    checkOneOf("nestedVirtualization", input.NestedVirtualization, ["enabled", "disabled"]);
    const { CoreCount, ThreadsPerCore } = input;
    const instance = await change(ctx, input, (_, found) => {
      checkStopped(found);
      const options = { CoreCount, ThreadsPerCore };
      found.CpuOptions = { ...found.CpuOptions, ...cpuOptionsOf(getInstanceType(found.InstanceType ?? ""), options) };
    });
    return { InstanceId: instance.InstanceId, ...instance.CpuOptions };
  },

  async ModifyInstanceMaintenanceOptions(ctx, input) {
    const { AutoRecovery, RebootMigration } = input;
    for (const value of [AutoRecovery, RebootMigration]) {
      if (value === undefined || value === "default" || value === "disabled") continue;
      throw invalidParameterValue(`Invalid value '${String(value)}' for the maintenance options.`);
    }
    const { InstanceId, MaintenanceOptions } = await change(ctx, input, (_, instance) => {
      instance.MaintenanceOptions = {
        ...instance.MaintenanceOptions,
        ...(AutoRecovery === undefined ? {} : { AutoRecovery }),
        ...(RebootMigration === undefined ? {} : { RebootMigration }),
      };
    });
    return { InstanceId, ...MaintenanceOptions };
  },

  async ModifyPrivateDnsNameOptions(ctx, input) {
    const type = input.PrivateDnsHostnameType;
    if (type !== undefined && type !== "ip-name" && type !== "resource-name") {
      throw invalidParameterValue(`Invalid value '${String(type)}' for PrivateDnsHostnameType.`);
    }
    await change(ctx, input, (scope, instance) => {
      if (type !== undefined && type !== instance.PrivateDnsNameOptions?.HostnameType) {
        // In AWS's words, as hashicorp/terraform-provider-aws quotes them in its tests of instances.
        if (instance.State.Name !== "stopped") {
          throw invalidParameterValue("Cannot modify hostname-type for running instances");
        }
        renameHost(scope, instance, type);
      }
      instance.PrivateDnsNameOptions = {
        ...instance.PrivateDnsNameOptions,
        ...(type === undefined ? {} : { HostnameType: type }),
        ...(input.EnableResourceNameDnsARecord === undefined
          ? {}
          : { EnableResourceNameDnsARecord: input.EnableResourceNameDnsARecord }),
        ...(input.EnableResourceNameDnsAAAARecord === undefined
          ? {}
          : { EnableResourceNameDnsAAAARecord: input.EnableResourceNameDnsAAAARecord }),
      };
    });
    return { Return: true };
  },

  async ModifyInstanceCapacityReservationAttributes(ctx, input) {
    checkOneOf("capacityReservationPreference", input.CapacityReservationSpecification?.CapacityReservationPreference, [
      "capacity-reservations-only",
      "none",
      "open",
    ]);
    const specification = required(input.CapacityReservationSpecification, "CapacityReservationSpecification");
    await change(ctx, input, async (scope, instance) => {
      checkStopped(instance);
      const subnet = await findResource(scope, subnets, instance.SubnetId ?? "");
      const id = await chooseReservation(
        scope,
        { MinCount: 1, MaxCount: 1, CapacityReservationSpecification: specification },
        { type: getInstanceType(instance.InstanceType ?? ""), subnet: subnet ?? {}, count: 1 },
      );
      instance.CapacityReservationSpecification = specification;
      if (id === undefined) delete instance.CapacityReservationId;
      else instance.CapacityReservationId = id;
    });
    return { Return: true };
  },

  async ModifyInstanceNetworkPerformanceOptions(ctx, input) {
    const BandwidthWeighting = required(input.BandwidthWeighting, "BandwidthWeighting");
    if (!["default", "vpc-1", "ebs-1"].includes(BandwidthWeighting)) {
      throw invalidParameterValue(`Invalid value '${BandwidthWeighting}' for BandwidthWeighting.`);
    }
    const { InstanceId } = await change(ctx, input, (_, instance) => {
      checkStopped(instance);
      instance.NetworkPerformanceOptions = { BandwidthWeighting };
    });
    return { InstanceId, BandwidthWeighting };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Reads, changes and writes the instance of a request. */
function change(
  ctx: Context,
  input: { InstanceId?: string | undefined; DryRun?: boolean | undefined },
  apply: (scope: Scope, instance: StoredInstance) => Promise<void> | void,
): Promise<StoredInstance> {
  const id = required(input.InstanceId, "InstanceId");
  return inTransaction(ctx, async (scope) => {
    const instance = await getResource(scope, instances, id);
    if (instance.State.Name === "terminated" || instance.State.Name === "shutting-down") {
      throw new AwsError("IncorrectInstanceState", `The instance '${id}' is '${instance.State.Name}'.`);
    }
    await apply(scope, instance);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, instances, instance);
    return instance;
  });
}

function renameHost(scope: Scope, instance: StoredInstance, type: "ip-name" | "resource-name"): void {
  const host =
    type === "resource-name" ? instance.InstanceId : `ip-${(instance.PrivateIpAddress ?? "").replaceAll(".", "-")}`;
  instance.PrivateDnsName = `${host}.${internalDomain(scope.region)}`;
}
