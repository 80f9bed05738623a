import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Host, HostProperties, InstanceTypeInfo, Placement, UnsuccessfulItem } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { type Ending, forgetEnded } from "./ended.ts";
import { invalidParameterCombination, invalidParameterValue, malformed, missingParameter } from "./errors.ts";
import { allInstanceTypes, getInstanceType } from "./instance-types.ts";
import { instances } from "./instances.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import {
  completeResources,
  getResource,
  listResources,
  type Resource,
  tagsMember,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

type StoredHost = Host & Ending;

export const dedicatedHosts: Resource<StoredHost> = {
  table: "ec2_hosts",
  prefix: "h",
  type: "dedicated-host",
  idOf: (host) => host.HostId ?? "",
  dates: ["AllocationTime", "ReleaseTime"],
  ...tagsMember,
  enrich: addInstances,
  filters: pathFilters<Host>()({
    "auto-placement": "AutoPlacement",
    "availability-zone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    "client-token": "ClientToken",
    "host-reservation-id": "HostReservationId",
    "instance-type": "HostProperties.InstanceType",
    state: "State",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidHostID.Malformed", id, "h"),
  notFound: (ids) =>
    new AwsError("InvalidHostID.NotFound", `The specified Dedicated host ID(s) [${ids.join(", ")}] do not exist.`),
};

export const dedicatedHostOperations = {
  async AllocateHosts(ctx, input) {
    const zones = zonesOf(ctx.region);
    if (!input.AvailabilityZone && !input.AvailabilityZoneId) throw missingParameter("availabilityZone");
    const zone = zones.find(({ name, id }) => name === input.AvailabilityZone || id === input.AvailabilityZoneId);
    if (zone === undefined) throw invalidParameterValue(`Invalid availability zone: [${input.AvailabilityZone}]`);
    const quantity = required(input.Quantity, "quantity");
    if (quantity < 1) throw invalidParameterValue(`Value (${quantity}) for parameter quantity is invalid.`);
    const tags = tagsForNew(input.TagSpecifications, "dedicated-host");
    const properties = propertiesOf(input);
    return inTransaction(ctx, async (scope) => {
      const HostIds: string[] = [];
      for (let index = 0; index < quantity; index += 1) {
        const HostId = scope.newId("h");
        await insertTagged(
          scope,
          dedicatedHosts,
          {
            HostId,
            AllocationTime: scope.now(),
            AllowsMultipleInstanceTypes: properties.InstanceType === undefined ? "on" : "off",
            AutoPlacement: checkSwitch("autoPlacement", input.AutoPlacement) ?? "on",
            AvailabilityZone: zone.name,
            AvailabilityZoneId: zone.id,
            ClientToken: input.ClientToken,
            HostMaintenance: checkSwitch("hostMaintenance", input.HostMaintenance) ?? "on",
            HostProperties: properties,
            HostRecovery: checkSwitch("hostRecovery", input.HostRecovery) ?? "off",
            MemberOfServiceLinkedResourceGroup: false,
            OwnerId: scope.accountId,
            State: "available",
          },
          tags,
        );
        HostIds.push(HostId);
      }
      return { HostIds };
    });
  },

  async DescribeHosts(ctx, input) {
    await forgetEnded(ctx, dedicatedHosts);
    const page = await describeResources(
      ctx,
      dedicatedHosts,
      { ...input, Filters: input.Filter },
      { ids: input.HostIds },
    );
    return { Hosts: page.items, NextToken: page.nextToken };
  },

  async ModifyHosts(ctx, input) {
    const ids = required(input.HostIds, "hostId");
    return inTransaction(ctx, async (scope) => {
      const Successful: string[] = [];
      for (const id of ids) {
        const host = await getResource(scope, dedicatedHosts, id);
        if (host.State === "released") throw dedicatedHosts.notFound([id]);
        if (input.InstanceType || input.InstanceFamily) {
          host.HostProperties = propertiesOf(input);
          host.AllowsMultipleInstanceTypes = input.InstanceFamily ? "on" : "off";
        }
        host.AutoPlacement = checkSwitch("autoPlacement", input.AutoPlacement) ?? host.AutoPlacement;
        host.HostRecovery = checkSwitch("hostRecovery", input.HostRecovery) ?? host.HostRecovery;
        host.HostMaintenance = checkSwitch("hostMaintenance", input.HostMaintenance) ?? host.HostMaintenance;
        await updateResource(scope, dedicatedHosts, host);
        Successful.push(id);
      }
      return { Successful, Unsuccessful: [] };
    });
  },

  async ReleaseHosts(ctx, input) {
    const ids = required(input.HostIds, "hostId");
    return inTransaction(ctx, async (scope) => {
      const Successful: string[] = [];
      const Unsuccessful: UnsuccessfulItem[] = [];
      for (const id of ids) {
        const host = await getResource(scope, dedicatedHosts, id);
        await completeResources(scope, dedicatedHosts, [host]);
        if (host.State === "released") {
          const Message = `The specified Dedicated host ID(s) [${id}] do not exist.`;
          Unsuccessful.push({ ResourceId: id, Error: { Code: "Client.InvalidHost.NotFound", Message } });
        } else if ((host.Instances ?? []).length > 0) {
          const Message = `Dedicated host '${id}' cannot be released as it is occupied.`;
          Unsuccessful.push({ ResourceId: id, Error: { Code: "Client.InvalidHost.Occupied", Message } });
        } else {
          host.State = "released";
          host.ReleaseTime = scope.now();
          host.EndedAt = scope.now().toISOString();
          await updateResource(scope, dedicatedHosts, host);
          Successful.push(id);
        }
      }
      return { Successful, Unsuccessful };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** The host that an instance is put on, where its tenancy asks for one. @throws AwsError when there is none */
export async function chooseHost(
  scope: Scope,
  placement: Placement,
  type: InstanceTypeInfo,
  zone: string | undefined,
): Promise<{ HostId?: string }> {
  if (!placement.HostId && placement.Tenancy !== "host") return {};
  if (placement.HostId && placement.Tenancy !== "host") {
    throw invalidParameterCombination("A host ID may only be specified with the tenancy 'host'.");
  }
  const hosts = placement.HostId
    ? [await getResource(scope, dedicatedHosts, placement.HostId)]
    : (await listResources(scope, dedicatedHosts)).filter(({ AutoPlacement }) => AutoPlacement === "on");
  await addInstances(scope, hosts);
  const found = hosts.find(
    (host) =>
      host.State === "available" &&
      host.AvailabilityZone === zone &&
      (host.AvailableCapacity?.AvailableInstanceCapacity ?? []).some(
        ({ InstanceType, AvailableCapacity = 0 }) => InstanceType === type.InstanceType && AvailableCapacity > 0,
      ),
  );
  if (found?.HostId !== undefined) return { HostId: found.HostId };
  throw new AwsError(
    "InsufficientHostCapacity",
    "There is not enough capacity on the Dedicated Hosts to fulfill your request.",
  );
}

async function addInstances(scope: Scope, hosts: Host[]): Promise<void> {
  if (hosts.length === 0) return;
  const states = ["pending", "running", "stopping", "stopped", "shutting-down"];
  const all = (await listResources(scope, instances, { state: states })).filter(({ Placement }) => Placement?.HostId);
  for (const host of hosts) {
    const there = all.filter(({ Placement }) => Placement?.HostId === host.HostId);
    host.Instances = there.map(({ InstanceId, InstanceType }) => ({
      InstanceId,
      InstanceType,
      OwnerId: scope.accountId,
    }));
    const used = there.reduce((sum, { InstanceType }) => sum + vCpusOf(InstanceType ?? ""), 0);
    const free = Math.max(0, (host.HostProperties?.TotalVCpus ?? 0) - used);
    host.AvailableCapacity = {
      AvailableVCpus: free,
      AvailableInstanceCapacity: typesOn(host).map((InstanceType) => ({
        InstanceType,
        AvailableCapacity: Math.floor(free / vCpusOf(InstanceType)),
        TotalCapacity: Math.floor((host.HostProperties?.TotalVCpus ?? 0) / vCpusOf(InstanceType)),
      })),
    };
  }
}

function typesOn({ HostProperties }: Host): string[] {
  if (HostProperties?.InstanceType !== undefined) return [HostProperties.InstanceType];
  return typesOfFamily(HostProperties?.InstanceFamily ?? "").map(({ InstanceType }) => InstanceType ?? "");
}

function typesOfFamily(family: string): InstanceTypeInfo[] {
  return allInstanceTypes().filter(({ InstanceType }) => InstanceType?.startsWith(`${family}.`));
}

function vCpusOf(type: string): number {
  return getInstanceType(type).VCpuInfo?.DefaultVCpus ?? 1;
}

/** A host has the hardware of the largest size of its family. */
function propertiesOf(input: {
  InstanceType?: string | undefined;
  InstanceFamily?: string | undefined;
}): HostProperties {
  if (input.InstanceType && input.InstanceFamily) {
    throw invalidParameterCombination("You may specify either an instance type or an instance family, but not both.");
  }
  if (!input.InstanceType && !input.InstanceFamily) throw missingParameter("instanceType or instanceFamily");
  const type = input.InstanceType ? getInstanceType(input.InstanceType).InstanceType : undefined;
  const family = type?.split(".")[0] ?? input.InstanceFamily ?? "";
  const types = typesOfFamily(family);
  if (types.length === 0) throw invalidParameterValue(`Invalid value '${family}' for instanceFamily.`);
  return {
    ...(type === undefined ? { InstanceFamily: family } : { InstanceType: type }),
    Sockets: 2,
    Cores: Math.max(...types.map(({ VCpuInfo }) => VCpuInfo?.DefaultCores ?? 1)),
    TotalVCpus: Math.max(...types.map(({ VCpuInfo }) => VCpuInfo?.DefaultVCpus ?? 1)),
  };
}

function checkSwitch<Value extends string>(parameter: string, value: Value | undefined): Value | undefined {
  if (value === undefined || value === "on" || value === "off") return value;
  throw invalidParameterValue(`Value (${value}) for parameter ${parameter} is invalid.`);
}
