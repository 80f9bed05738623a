import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Ec2InstanceConnectEndpoint, NetworkInterfaceType } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { type Ending, forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { removeInterface } from "./interface-attachments.ts";
import { chooseInterfaceGroups } from "./interface-lifecycle.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newNetworkInterface } from "./new-interface.ts";
import { required } from "./required.ts";
import {
  completeResources,
  findResource,
  getResource,
  insertResource,
  type Resource,
  tagsMember,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

type StoredEndpoint = Ec2InstanceConnectEndpoint & Ending;

export const instanceConnectEndpoints: Resource<StoredEndpoint> = {
  table: "ec2_instance_connect_endpoints",
  prefix: "eice",
  type: "instance-connect-endpoint",
  idOf: (endpoint) => endpoint.InstanceConnectEndpointId ?? "",
  columnsOf: (endpoint) => ({ subnet_id: endpoint.SubnetId ?? "" }),
  dates: ["CreatedAt"],
  ...tagsMember,
  filters: pathFilters<Ec2InstanceConnectEndpoint>()({
    "instance-connect-endpoint-id": "InstanceConnectEndpointId",
    state: "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "instance-connect-endpoint-id": "id", "subnet-id": "subnet_id" },
  malformed: (id) => malformed("InvalidInstanceConnectEndpointId.Malformed", id, "eice"),
  notFound: (ids) => notFound("InvalidInstanceConnectEndpointId.NotFound", "instance connect endpoint ID", ids),
};

const interfaceType: string = "ec2_instance_connect_endpoint";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/connect-with-ec2-instance-connect-endpoint.html */
export const instanceConnectEndpointOperations = {
  async CreateInstanceConnectEndpoint(ctx, input) {
    const subnetId = required(input.SubnetId, "SubnetId");
    const tags = tagsForNew(input.TagSpecifications, "instance-connect-endpoint");
    checkOptions(input.IpAddressType, input.PreserveClientIp);
    const endpoint = await makeOnce(ctx, instanceConnectEndpoints, input, async (scope) => {
      const subnet = await getResource(scope, subnets, subnetId);
      const groups = await chooseInterfaceGroups(scope, subnet, input.SecurityGroupIds);
      if (input.DryRun === true) throw dryRunOperation();
      const id = scope.newId("eice");
      const networkInterface = newNetworkInterface(scope, {
        subnet,
        groups,
        addresses: chooseIpv4(subnet, await readSubnetUse(scope, subnetId), [], 1),
        description: `EC2 Instance Connect Endpoint ${id}`,
        type: interfaceType as NetworkInterfaceType,
        requesterId: "ec2-instance-connect-endpoint",
      });
      networkInterface.Status = "in-use";
      await insertResource(scope, networkInterfaces, networkInterface);
      const domain = `${scope.region}.amazonaws.com`;
      const name = `${id}.${id.slice(-8)}`;
      const made: StoredEndpoint = {
        OwnerId: scope.accountId,
        InstanceConnectEndpointId: id,
        InstanceConnectEndpointArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:instance-connect-endpoint/${id}`,
        State: "create-complete",
        StateMessage: "",
        DnsName: `${name}.ec2-instance-connect-endpoint.${domain}`,
        FipsDnsName: `${name}.fips.ec2-instance-connect-endpoint.${domain}`,
        NetworkInterfaceIds: [networkInterface.NetworkInterfaceId],
        VpcId: subnet.VpcId,
        AvailabilityZone: subnet.AvailabilityZone,
        AvailabilityZoneId: subnet.AvailabilityZoneId,
        CreatedAt: scope.now(),
        SubnetId: subnetId,
        PreserveClientIp: input.PreserveClientIp ?? false,
        SecurityGroupIds: groups.flatMap(({ GroupId }) => GroupId ?? []),
        IpAddressType: input.IpAddressType ?? "ipv4",
      };
      return insertTagged(scope, instanceConnectEndpoints, made, tags);
    });
    return {
      InstanceConnectEndpoint: { ...endpoint, State: "create-in-progress" },
      ClientToken: input.ClientToken,
    };
  },

  async ModifyInstanceConnectEndpoint(ctx, input) {
    const id = required(input.InstanceConnectEndpointId, "InstanceConnectEndpointId");
    return inTransaction(ctx, async (scope) => {
      const endpoint = await getLiving(scope, id);
      endpoint.IpAddressType = input.IpAddressType ?? endpoint.IpAddressType;
      endpoint.PreserveClientIp = input.PreserveClientIp ?? endpoint.PreserveClientIp;
      checkOptions(endpoint.IpAddressType, endpoint.PreserveClientIp);
      const own = await findResource(scope, networkInterfaces, endpoint.NetworkInterfaceIds?.[0] ?? "");
      if (input.SecurityGroupIds?.length && own !== undefined) {
        own.Groups = await chooseInterfaceGroups(scope, { VpcId: endpoint.VpcId }, input.SecurityGroupIds);
        endpoint.SecurityGroupIds = own.Groups.flatMap(({ GroupId }) => GroupId ?? []);
      }
      if (input.DryRun === true) throw dryRunOperation();
      if (own !== undefined) await updateResource(scope, networkInterfaces, own);
      endpoint.State = "update-complete";
      await updateResource(scope, instanceConnectEndpoints, endpoint);
      return { Return: true };
    });
  },

  async DeleteInstanceConnectEndpoint(ctx, input) {
    const id = required(input.InstanceConnectEndpointId, "InstanceConnectEndpointId");
    return inTransaction(ctx, async (scope) => {
      const endpoint = await getLiving(scope, id);
      if (input.DryRun === true) throw dryRunOperation();
      for (const interfaceId of endpoint.NetworkInterfaceIds ?? []) {
        const own = await findResource(scope, networkInterfaces, interfaceId);
        if (own !== undefined) await removeInterface(scope, own);
      }
      endpoint.State = "delete-complete";
      endpoint.EndedAt = scope.now().toISOString();
      endpoint.NetworkInterfaceIds = [];
      await updateResource(scope, instanceConnectEndpoints, endpoint);
      await completeResources(scope, instanceConnectEndpoints, [endpoint]);
      return { InstanceConnectEndpoint: { ...endpoint, State: "delete-in-progress" } };
    });
  },

  async DescribeInstanceConnectEndpoints(ctx, input) {
    await forgetEnded(ctx, instanceConnectEndpoints);
    const page = await describeResources(ctx, instanceConnectEndpoints, input, {
      ids: input.InstanceConnectEndpointIds,
      limits: { min: 1, max: 50 },
    });
    return { InstanceConnectEndpoints: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function getLiving(scope: Scope, id: string): Promise<StoredEndpoint> {
  const endpoint = await getResource(scope, instanceConnectEndpoints, id);
  if (endpoint.EndedAt !== undefined) throw instanceConnectEndpoints.notFound([id]);
  return endpoint;
}

function checkOptions(addresses: string | undefined, preserve: boolean | undefined): void {
  if (addresses !== undefined && !["dualstack", "ipv4", "ipv6"].includes(addresses)) {
    throw invalidParameterValue(`Invalid value '${addresses}' for IpAddressType.`);
  }
  if (preserve === true && addresses !== undefined && addresses !== "ipv4") {
    throw invalidParameterCombination("PreserveClientIp is only supported when IpAddressType is ipv4.");
  }
}
