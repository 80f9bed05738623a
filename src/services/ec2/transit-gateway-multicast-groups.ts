import { isIP } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayMulticastGroup } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, getAlive } from "./changes.ts";
import { describeData } from "./describe.ts";
import { invalidParameterValue } from "./errors.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { getResources, listResources } from "./resource.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { type MulticastRole, multicastDomains, type StoredMulticastDomain } from "./transit-gateway-multicast.ts";

const groupFilters = pathFilters<TransitGatewayMulticastGroup>()({
  "group-ip-address": "GroupIpAddress",
  "is-group-member": "GroupMember",
  "is-group-source": "GroupSource",
  "member-type": "MemberType",
  "resource-id": "ResourceId",
  "resource-type": "ResourceType",
  "source-type": "SourceType",
  "subnet-id": "SubnetId",
  "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
});

/** Interfaces that receive of a group and send to it; nothing carries their packets. */
export const multicastGroupOperations = {
  async RegisterTransitGatewayMulticastGroupMembers(ctx, input) {
    const registered = await register(ctx, input, "member");
    return { RegisteredMulticastGroupMembers: { ...registered.domain, RegisteredNetworkInterfaceIds: registered.ids } };
  },

  async RegisterTransitGatewayMulticastGroupSources(ctx, input) {
    const registered = await register(ctx, input, "source");
    return { RegisteredMulticastGroupSources: { ...registered.domain, RegisteredNetworkInterfaceIds: registered.ids } };
  },

  async DeregisterTransitGatewayMulticastGroupMembers(ctx, input) {
    const gone = await deregister(ctx, input, "member");
    return { DeregisteredMulticastGroupMembers: { ...gone.domain, DeregisteredNetworkInterfaceIds: gone.ids } };
  },

  async DeregisterTransitGatewayMulticastGroupSources(ctx, input) {
    const gone = await deregister(ctx, input, "source");
    return { DeregisteredMulticastGroupSources: { ...gone.domain, DeregisteredNetworkInterfaceIds: gone.ids } };
  },

  async SearchTransitGatewayMulticastGroups(ctx, input) {
    const matches = compileFilters(input.Filters, groupFilters);
    const id = required(input.TransitGatewayMulticastDomainId, "transitGatewayMulticastDomainId");
    const domain = await getAlive(ctx, multicastDomains, id);
    const there = await listResources(ctx, networkInterfaces, { id: domain.Groups.map((one) => one.interfaceId) });
    const attachments = await listResources(ctx, transitGatewayAttachments, {
      transit_gateway_id: domain.TransitGatewayId ?? "",
    });
    const groups = domain.Groups.flatMap(({ address, interfaceId, role }) => {
      const networkInterface = there.find(({ NetworkInterfaceId }) => NetworkInterfaceId === interfaceId);
      const place = domain.Subnets.find(({ subnetId }) => subnetId === networkInterface?.SubnetId);
      if (place === undefined) return [];
      const attachment = attachments.find((one) => one.TransitGatewayAttachmentId === place.attachmentId);
      return {
        GroupIpAddress: address,
        NetworkInterfaceId: interfaceId,
        SubnetId: place.subnetId,
        TransitGatewayAttachmentId: place.attachmentId,
        ResourceId: attachment?.ResourceId,
        ResourceType: attachment?.ResourceType,
        ResourceOwnerId: attachment?.ResourceOwnerId,
        GroupMember: role === "member",
        GroupSource: role === "source",
        ...(role === "member" ? { MemberType: "static" as const } : { SourceType: "static" as const }),
      };
    });
    const page = describeData(groups.filter(matches), input, {
      kind: "multicast-groups",
      keyOf: (group) => `${group.GroupIpAddress}/${group.NetworkInterfaceId}/${group.GroupSource}`,
    });
    return { MulticastGroups: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

interface GroupRequest {
  readonly TransitGatewayMulticastDomainId?: string | undefined;
  readonly GroupIpAddress?: string | undefined;
  readonly NetworkInterfaceIds?: string[] | undefined;
  readonly DryRun?: boolean | undefined;
}

async function register(ctx: Context, input: GroupRequest, role: MulticastRole) {
  const { id, address, ids } = namesOf(input);
  await changeResource(ctx, multicastDomains, { id, DryRun: input.DryRun }, async (domain, scope) => {
    if (role === "source" && domain.Options?.StaticSourcesSupport !== "enable") {
      throw new AwsError("IncorrectState", `Static sources support is not enabled for ${id}.`);
    }
    for (const networkInterface of await getResources(scope, networkInterfaces, ids)) {
      const interfaceId = networkInterfaces.idOf(networkInterface);
      if (!domain.Subnets.some(({ subnetId }) => subnetId === networkInterface.SubnetId)) {
        throw invalidParameterValue(`${interfaceId} is in no subnet that is associated with ${id}.`);
      }
      domain.Groups = [
        ...without(domain.Groups, { address, ids: [interfaceId], role }),
        { address, interfaceId, role },
      ];
    }
  });
  return { domain: { TransitGatewayMulticastDomainId: id, GroupIpAddress: address }, ids };
}

async function deregister(ctx: Context, input: GroupRequest, role: MulticastRole) {
  const { id, address, ids } = namesOf(input);
  await changeResource(ctx, multicastDomains, { id, DryRun: input.DryRun }, (domain) => {
    domain.Groups = without(domain.Groups, { address, ids, role });
  });
  return { domain: { TransitGatewayMulticastDomainId: id, GroupIpAddress: address }, ids };
}

function without(
  groups: StoredMulticastDomain["Groups"],
  gone: { address: string; ids: readonly string[]; role: MulticastRole },
) {
  return groups.filter(
    (one) => !(one.address === gone.address && gone.ids.includes(one.interfaceId) && one.role === gone.role),
  );
}

function namesOf(input: GroupRequest) {
  const id = required(input.TransitGatewayMulticastDomainId, "transitGatewayMulticastDomainId");
  const address = required(input.GroupIpAddress, "groupIpAddress");
  const first = Number(address.split(".")[0]);
  const isMulticast = isIP(address) === 6 ? /^ff/i.test(address) : isIP(address) === 4 && first >= 224 && first < 240;
  if (!isMulticast) throw invalidParameterValue(`${address} is no multicast address.`);
  return { id, address, ids: required(input.NetworkInterfaceIds, "networkInterfaceIds") };
}
