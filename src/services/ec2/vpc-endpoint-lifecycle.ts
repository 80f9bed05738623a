import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CreateVpcEndpointRequest,
  RouteTable,
  ServiceDetail,
  Subnet,
  SubnetConfiguration,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { describeNone } from "./describe-none.ts";
import { forgetEnded } from "./ended.ts";
import { addEndpointInterfaces, dnsEntriesOf, removeEndpointInterfaces } from "./endpoint-interfaces.ts";
import { conflictingNames, hasPrivateNames } from "./endpoint-private-dns.ts";
import { servicesOfAccounts, servicesOfAws, toDetail } from "./endpoint-services.ts";
import { endpointState } from "./endpoint-states.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { chooseInterfaceGroups } from "./interface-lifecycle.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { checkOneOf } from "./one-of.ts";
import { prefixListsOfAws } from "./prefix-lists.ts";
import { required } from "./required.ts";
import { findResource, getResource, getResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { type StoredVpcEndpoint, vpcEndpoints } from "./vpc-endpoints.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

const openPolicy = JSON.stringify({
  Version: "2008-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }],
});

export const vpcEndpointOperations = {
  async CreateVpcEndpoint(ctx, input) {
    checkOneOf("ipAddressType", input.IpAddressType, ["dualstack", "ipv4", "ipv6"]);
    checkOneOf("dnsRecordIpType", input.DnsOptions?.DnsRecordIpType, ["dualstack", "ipv4", "ipv6", "service-defined"]);
    const vpcId = required(input.VpcId, "vpcId");
    const name = required(input.ServiceName, "serviceName");
    const tags = tagsForNew(input.TagSpecifications, "vpc-endpoint");
    const type = input.VpcEndpointType ?? "Gateway";
    checkPolicy(input.PolicyDocument);
    const endpoint = await makeOnce(ctx, vpcEndpoints, input, async (scope) => {
      const vpc = await getResource(scope, vpcs, vpcId);
      const service = await getService(scope, name, type);
      const made = await newEndpoint(scope, input, vpc, service);
      return insertTagged(scope, vpcEndpoints, made, tags);
    });
    const State = endpoint.VpcEndpointType === "Gateway" ? endpoint.State : endpointState("pending");
    return { VpcEndpoint: { ...endpoint, State }, ClientToken: input.ClientToken };
  },

  async ModifyVpcEndpoint(ctx, input) {
    checkOneOf("ipAddressType", input.IpAddressType, ["dualstack", "ipv4", "ipv6"]);
    checkOneOf("dnsRecordIpType", input.DnsOptions?.DnsRecordIpType, ["dualstack", "ipv4", "ipv6", "service-defined"]);
    const id = required(input.VpcEndpointId, "vpcEndpointId");
    checkPolicy(input.PolicyDocument);
    await inTransaction(ctx, async (scope) => {
      const endpoint = await getResource(scope, vpcEndpoints, id);
      if (endpoint.EndedAt !== undefined) throw vpcEndpoints.notFound([id]);
      await modify(scope, endpoint, input);
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, vpcEndpoints, endpoint);
    });
    return { Return: true };
  },

  /** Those that are not there are told beside the answer. */
  async DeleteVpcEndpoints(ctx, input) {
    const ids = required(input.VpcEndpointIds, "vpcEndpointIds");
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const Unsuccessful: Ec2.UnsuccessfulItem[] = [];
      for (const ResourceId of ids) {
        const endpoint = await findResource(scope, vpcEndpoints, ResourceId);
        if (endpoint === undefined || endpoint.EndedAt !== undefined) {
          const Message = `The Vpc Endpoint Id '${ResourceId}' does not exist`;
          Unsuccessful.push({ ResourceId, Error: { Code: "InvalidVpcEndpoint.NotFound", Message } });
          continue;
        }
        await changeRouteTables(scope, endpoint, { remove: endpoint.RouteTableIds ?? [] });
        await removeEndpointInterfaces(scope, endpoint, endpoint.SubnetIds ?? []);
        endpoint.State = endpointState("deleted");
        endpoint.EndedAt = scope.now().toISOString();
        await updateResource(scope, vpcEndpoints, endpoint);
      }
      return { Unsuccessful };
    });
  },

  async DescribeVpcEndpoints(ctx, input) {
    await forgetEnded(ctx, vpcEndpoints);
    const page = await describeResources(ctx, vpcEndpoints, input, { ids: input.VpcEndpointIds });
    return { VpcEndpoints: page.items, NextToken: page.nextToken };
  },

  /** Those of resource and service network endpoints, of which there are none. */
  async DescribeVpcEndpointAssociations(ctx, input) {
    const { VpcEndpointIds = [] } = input;
    await inTransaction(ctx, (scope) => getResources(scope, vpcEndpoints, VpcEndpointIds));
    if (input.DryRun === true) throw dryRunOperation();
    return { VpcEndpointAssociations: describeNone(input, { filters: associationFilters }) };
  },
} satisfies Operations<typeof Ec2, Context>;

const associationFilters = [
  ...["vpc-endpoint-id", "associated-resource-accessibility", "association-id", "associated-resource-id"],
  ...["service-network-arn", "resource-configuration-group-arn", "service-network-resource-association-id"],
];

async function newEndpoint(
  scope: Scope,
  input: CreateVpcEndpointRequest,
  vpc: StoredVpc,
  service: ServiceDetail,
): Promise<StoredVpcEndpoint> {
  const type = input.VpcEndpointType ?? "Gateway";
  const isGateway = type === "Gateway";
  if (isGateway && (input.SubnetIds?.length || input.SecurityGroupIds?.length)) {
    throw invalidParameterCombination("Gateway endpoints have no subnets and no security groups.");
  }
  if (!isGateway && input.RouteTableIds?.length) {
    throw invalidParameterCombination("Only gateway endpoints have route tables.");
  }
  const members = await membersOf(scope, vpc, input.SubnetIds);
  const isOwn = service.Owner === "amazon";
  const givesNames = vpc.EnableDnsSupport && vpc.EnableDnsHostnames;
  if (type === "Interface" && input.PrivateDnsEnabled === true && !givesNames) {
    throw new AwsError(
      "InvalidParameter",
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.VpcId}`,
    );
  }
  const isTaken = await hasPrivateNames(scope, { VpcId: vpc.VpcId, ServiceName: service.ServiceName });
  if (type === "Interface" && input.PrivateDnsEnabled === true && isTaken) {
    throw conflictingNames(service.PrivateDnsName, vpc.VpcId);
  }
  // Who does not ask for private DNS has it where the VPC can: AWS refuses these requests in other VPCs.
  const privateDns = type === "Interface" && (input.PrivateDnsEnabled ?? (isOwn && givesNames && !isTaken));
  if (input.DryRun === true) throw dryRunOperation();
  const VpcEndpointId = scope.newId("vpce");
  const endpoint: StoredVpcEndpoint = {
    VpcEndpointId,
    VpcEndpointType: type,
    VpcId: vpc.VpcId,
    ServiceName: service.ServiceName,
    ServiceRegion: scope.region,
    State: endpointState(service.AcceptanceRequired === true ? "pendingAcceptance" : "available"),
    ...(isOwn ? { PolicyDocument: input.PolicyDocument || openPolicy } : {}),
    RouteTableIds: [],
    SubnetIds: [],
    Groups: [],
    NetworkInterfaceIds: [],
    DnsEntries: [],
    PrivateDnsEnabled: privateDns,
    RequesterManaged: false,
    OwnerId: scope.accountId,
    CreationTimestamp: scope.now(),
    ...(isOwn ? {} : { ConnectionId: scope.newId("vpce-conn") }),
    ...(isGateway
      ? {}
      : {
          IpAddressType: input.IpAddressType ?? "ipv4",
          DnsOptions: { DnsRecordIpType: input.DnsOptions?.DnsRecordIpType ?? "ipv4", ...privateDnsOption(input) },
        }),
  };
  if (type === "Interface") {
    const [first] = members;
    const groupSubnet: Subnet = first ?? { VpcId: vpc.VpcId };
    endpoint.Groups = await chooseInterfaceGroups(scope, groupSubnet, input.SecurityGroupIds);
  }
  await addEndpointInterfaces(scope, endpoint, members, input.SubnetConfigurations);
  endpoint.DnsEntries = dnsEntriesOf(scope, endpoint, service);
  await changeRouteTables(scope, endpoint, { add: input.RouteTableIds ?? [] });
  return endpoint;
}

async function modify(scope: Scope, endpoint: StoredVpcEndpoint, input: Ec2.ModifyVpcEndpointRequest): Promise<void> {
  if (input.ResetPolicy === true) endpoint.PolicyDocument = openPolicy;
  if (input.PolicyDocument) endpoint.PolicyDocument = input.PolicyDocument;
  await changeRouteTables(scope, endpoint, {
    add: input.AddRouteTableIds ?? [],
    remove: input.RemoveRouteTableIds ?? [],
  });
  const vpc = await getResource(scope, vpcs, endpoint.VpcId ?? "");
  const added = await membersOf(scope, vpc, input.AddSubnetIds);
  const { AddSecurityGroupIds = [], RemoveSecurityGroupIds = [] } = input;
  if (AddSecurityGroupIds.length + RemoveSecurityGroupIds.length > 0) {
    const ids = [...(endpoint.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []), ...AddSecurityGroupIds];
    const kept = ids.filter((id) => !RemoveSecurityGroupIds.includes(id));
    endpoint.Groups = await chooseInterfaceGroups(scope, { VpcId: vpc.VpcId }, kept);
    for (const id of endpoint.NetworkInterfaceIds ?? []) {
      const networkInterface = await getResource(scope, networkInterfaces, id);
      networkInterface.Groups = endpoint.Groups;
      await updateResource(scope, networkInterfaces, networkInterface);
    }
  }
  const moved = await movedMembers(scope, vpc, endpoint, input.SubnetConfigurations);
  await removeEndpointInterfaces(
    scope,
    endpoint,
    moved.flatMap(({ SubnetId }) => SubnetId ?? []),
  );
  await addEndpointInterfaces(scope, endpoint, [...moved, ...added], input.SubnetConfigurations);
  await removeEndpointInterfaces(scope, endpoint, input.RemoveSubnetIds ?? []);
  if (input.IpAddressType !== undefined) endpoint.IpAddressType = input.IpAddressType;
  if (input.DnsOptions !== undefined) endpoint.DnsOptions = { ...endpoint.DnsOptions, ...input.DnsOptions };
  const before = endpoint.PrivateDnsEnabled;
  endpoint.PrivateDnsEnabled = input.PrivateDnsEnabled ?? before;
  if (endpoint.VpcEndpointType === "Gateway") return;
  const service = await getService(scope, endpoint.ServiceName ?? "", endpoint.VpcEndpointType);
  if (endpoint.PrivateDnsEnabled === true && before !== true && (await hasPrivateNames(scope, endpoint))) {
    throw conflictingNames(service.PrivateDnsName, endpoint.VpcId);
  }
  endpoint.DnsEntries = dnsEntriesOf(scope, endpoint, service);
}

/** The subnets in which an endpoint has an address other than the one that is asked for: its interface there is replaced. */
async function movedMembers(
  scope: Scope,
  vpc: StoredVpc,
  endpoint: StoredVpcEndpoint,
  configurations: readonly SubnetConfiguration[] | undefined,
): Promise<Subnet[]> {
  const asked = configurations?.filter(({ SubnetId, Ipv4 }) => Ipv4 && endpoint.SubnetIds?.includes(SubnetId ?? ""));
  if (asked === undefined || asked.length === 0) return [];
  const there = await getResources(scope, networkInterfaces, endpoint.NetworkInterfaceIds ?? []);
  const moved = asked.filter(
    ({ SubnetId, Ipv4 }) => !there.some((one) => one.SubnetId === SubnetId && one.PrivateIpAddress === Ipv4),
  );
  return membersOf(
    scope,
    vpc,
    moved.flatMap(({ SubnetId }) => SubnetId ?? []),
  );
}

function privateDnsOption(input: CreateVpcEndpointRequest) {
  const value = input.DnsOptions?.PrivateDnsOnlyForInboundResolverEndpoint;
  return value === undefined ? {} : { PrivateDnsOnlyForInboundResolverEndpoint: value };
}

/** @throws AwsError where there is none, or none with endpoints of this type */
async function getService(scope: Scope, name: string, type: string | undefined): Promise<ServiceDetail> {
  const all = [...servicesOfAws(scope.region), ...(await servicesOfAccounts(scope)).map(toDetail)];
  const named = all.filter(({ ServiceName }) => ServiceName === name);
  if (named.length === 0) {
    throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${name}' does not exist`);
  }
  const service = named.find(({ ServiceType }) => ServiceType?.some(({ ServiceType: one }) => one === type));
  if (service === undefined) {
    throw new AwsError(
      "InvalidParameter",
      `Endpoint type (${type}) does not match available service types ([${named
        .flatMap(({ ServiceType }) => ServiceType?.map(({ ServiceType: one }) => one) ?? [])
        .join(", ")}]).`,
    );
  }
  return service;
}

async function membersOf(scope: Scope, vpc: StoredVpc, ids: readonly string[] | undefined): Promise<Subnet[]> {
  const members = await getResources(scope, subnets, [...new Set(ids)]);
  const foreign = members.find((subnet) => subnet.VpcId !== vpc.VpcId);
  if (foreign === undefined) return members;
  throw new AwsError("InvalidParameter", `The subnet ID '${foreign.SubnetId}' is not in the VPC '${vpc.VpcId}'.`);
}

/** A gateway endpoint is a route to its service's prefix list in each of its tables. */
async function changeRouteTables(
  scope: Scope,
  endpoint: StoredVpcEndpoint,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): Promise<void> {
  const id = vpcEndpoints.idOf(endpoint);
  const list = prefixListsOfAws(scope.region).find(({ PrefixListName }) => PrefixListName === endpoint.ServiceName);
  for (const tableId of add) {
    const table: RouteTable = await getResource(scope, routeTables, tableId);
    if (table.VpcId !== endpoint.VpcId) {
      throw invalidParameterValue(`Route table ${tableId} and endpoint ${id} belong to different networks`);
    }
    const DestinationPrefixListId = list?.PrefixListId;
    if (table.Routes?.some((route) => route.DestinationPrefixListId === DestinationPrefixListId)) {
      if (endpoint.RouteTableIds?.includes(tableId)) continue;
      throw new AwsError(
        "RouteAlreadyExists",
        `route table ${tableId} already has a route with destination-prefix-list-id ${DestinationPrefixListId}`,
      );
    }
    table.Routes = [
      ...(table.Routes ?? []),
      { DestinationPrefixListId, GatewayId: id, Origin: "CreateRoute", State: "active" },
    ];
    await updateResource(scope, routeTables, table);
  }
  for (const tableId of remove) {
    const table = await findResource(scope, routeTables, tableId);
    if (table === undefined) continue;
    table.Routes = table.Routes?.filter((route) => route.GatewayId !== id);
    await updateResource(scope, routeTables, table);
  }
  endpoint.RouteTableIds = [...new Set([...(endpoint.RouteTableIds ?? []), ...add])].filter(
    (tableId) => !remove.includes(tableId),
  );
}

function checkPolicy(policy: string | undefined): void {
  if (!policy) return;
  try {
    const parsed: unknown = JSON.parse(policy);
    if (typeof parsed === "object" && parsed !== null) return;
  } catch {
    // Told below.
  }
  throw new AwsError("InvalidPolicyDocument", "The policy document is not valid JSON.");
}
