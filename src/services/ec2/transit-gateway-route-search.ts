import type { TransitGatewayRoute } from "@aws-sdk/client-ec2";
import type { Filter } from "../../aws/filters.ts";
import { type Ipv4Block, ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import { invalidParameterValue } from "./errors.ts";
import { findResource, listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import type { StaticRoute, StoredTransitRouteTable } from "./transit-gateway-route-tables.ts";
import { vpcs } from "./vpcs.ts";
import { vpnConnections } from "./vpn-connections.ts";

export async function toRoute(scope: Scope, route: StaticRoute): Promise<TransitGatewayRoute> {
  const attachment =
    route.attachmentId === undefined
      ? undefined
      : await findResource(scope, transitGatewayAttachments, route.attachmentId);
  return {
    DestinationCidrBlock: route.cidr,
    Type: "static",
    State: route.isBlackhole ? "blackhole" : "active",
    TransitGatewayAttachments: attachment === undefined ? [] : [attachmentOf(attachment)],
  };
}

export function attachmentOf({ ResourceId, ResourceType, TransitGatewayAttachmentId }: StoredAttachment) {
  return { ResourceId, ResourceType, TransitGatewayAttachmentId };
}

/** What was made by hand, and the ranges of the attachments that the table learns of. */
export async function allRoutes(scope: Scope, table: StoredTransitRouteTable): Promise<TransitGatewayRoute[]> {
  const routes: TransitGatewayRoute[] = [];
  for (const route of table.Routes) routes.push(await toRoute(scope, route));
  for (const attachment of await listResources(scope, transitGatewayAttachments, { id: table.Propagated })) {
    for (const DestinationCidrBlock of await rangesOf(scope, attachment)) {
      if (routes.some((route) => route.DestinationCidrBlock === DestinationCidrBlock)) continue;
      routes.push({
        DestinationCidrBlock,
        Type: "propagated",
        State: "active",
        TransitGatewayAttachments: [attachmentOf(attachment)],
      });
    }
  }
  return routes;
}

async function rangesOf(scope: Scope, attachment: StoredAttachment): Promise<string[]> {
  if (attachment.ResourceType === "vpc") {
    const vpc = await findResource(scope, vpcs, attachment.ResourceId ?? "");
    return (vpc?.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => CidrBlock ?? []);
  }
  if (attachment.ResourceType === "vpn") {
    const connection = await findResource(scope, vpnConnections, attachment.ResourceId ?? "");
    return (connection?.Routes ?? []).flatMap(({ DestinationCidrBlock }) => DestinationCidrBlock ?? []);
  }
  return [];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SearchTransitGatewayRoutes.html */
export function routesMatching(
  routes: readonly TransitGatewayRoute[],
  filters: readonly Filter[],
): TransitGatewayRoute[] {
  const tests = filters.map(({ Name = "", Values = [] }) => {
    const blocks = () => Values.flatMap((value) => parseIpv4Block(value.includes("/") ? value : `${value}/32`) ?? []);
    const blockOf = (route: TransitGatewayRoute) => parseIpv4Block(route.DestinationCidrBlock ?? "");
    const any = (test: (own: Ipv4Block, asked: Ipv4Block) => boolean) => (route: TransitGatewayRoute) => {
      const own = blockOf(route);
      return own !== undefined && blocks().some((asked) => test(own, asked));
    };
    const hasAttachment = (member: "ResourceId" | "ResourceType" | "TransitGatewayAttachmentId") => {
      return (route: TransitGatewayRoute) =>
        (route.TransitGatewayAttachments ?? []).some((one) => Values.includes(one[member] ?? ""));
    };
    switch (Name) {
      case "attachment.transit-gateway-attachment-id":
        return hasAttachment("TransitGatewayAttachmentId");
      case "attachment.resource-id":
        return hasAttachment("ResourceId");
      case "attachment.resource-type":
        return hasAttachment("ResourceType");
      case "prefix-list-id":
        return (route: TransitGatewayRoute) => Values.includes(route.PrefixListId ?? "");
      case "route-search.exact-match":
        return (route: TransitGatewayRoute) => Values.includes(route.DestinationCidrBlock ?? "");
      case "route-search.longest-prefix-match":
        return longestOf(routes, blocks());
      case "route-search.supernet-of-match":
        return any((own, asked) => ipv4BlockContains(own, asked));
      case "route-search.subnet-of-match":
        return any((own, asked) => ipv4BlockContains(asked, own));
      case "state":
        return (route: TransitGatewayRoute) => Values.includes(route.State ?? "");
      case "type":
        return (route: TransitGatewayRoute) => Values.includes(route.Type ?? "");
      default:
        throw invalidParameterValue(`The filter '${Name}' is invalid`);
    }
  });
  return routes.filter((route) => tests.every((test) => test(route)));
}

/** Of the routes that hold one of the asked blocks, the most specific. */
function longestOf(routes: readonly TransitGatewayRoute[], asked: readonly Ipv4Block[]) {
  const best = asked.map((block) => {
    const holding = routes.flatMap((route) => {
      const own = parseIpv4Block(route.DestinationCidrBlock ?? "");
      return own !== undefined && ipv4BlockContains(own, block) ? [{ route, own }] : [];
    });
    return holding.sort((one, other) => other.own.prefixLength - one.own.prefixLength)[0]?.route;
  });
  return (route: TransitGatewayRoute) => best.includes(route);
}
