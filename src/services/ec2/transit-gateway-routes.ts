import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayRoute } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Filter } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { canonicalIpv4Cidr, type Ipv4Block, ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { formatIpv6Block, parseIpv6Block } from "./ipv6.ts";
import { required } from "./required.ts";
import { findResource, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import {
  getTransitRouteTable,
  type StaticRoute,
  type StoredTransitRouteTable,
  transitGatewayRouteTables,
} from "./transit-gateway-route-tables.ts";
import { vpcs } from "./vpcs.ts";
import { vpnConnections } from "./vpn-connections.ts";

interface RouteInput {
  readonly DestinationCidrBlock: string | undefined;
  readonly TransitGatewayRouteTableId: string | undefined;
  readonly TransitGatewayAttachmentId?: string | undefined;
  readonly Blackhole?: boolean | undefined;
  readonly DryRun?: boolean | undefined;
}

export const transitGatewayRouteOperations = {
  async CreateTransitGatewayRoute(ctx, input) {
    return changeRoutes(ctx, input, async (scope, table, cidr) => {
      if (table.Routes.some((route) => route.cidr === cidr)) {
        throw new AwsError(
          "RouteAlreadyExists",
          `Route ${cidr} already exists in Transit Gateway Route Table ${table.TransitGatewayRouteTableId}.`,
        );
      }
      const route = await newRoute(scope, cidr, input);
      table.Routes = [...table.Routes, route];
      return { Route: await toRoute(scope, route) };
    });
  },

  async ReplaceTransitGatewayRoute(ctx, input) {
    return changeRoutes(ctx, input, async (scope, table, cidr) => {
      const before = getRoute(table, cidr);
      const route = await newRoute(scope, cidr, input);
      table.Routes = table.Routes.map((other) => (other === before ? route : other));
      return { Route: await toRoute(scope, route) };
    });
  },

  async DeleteTransitGatewayRoute(ctx, input) {
    return changeRoutes(ctx, input, async (scope, table, cidr) => {
      const before = getRoute(table, cidr);
      table.Routes = table.Routes.filter((other) => other !== before);
      return { Route: { ...(await toRoute(scope, before)), State: "deleted" as const } };
    });
  },

  async SearchTransitGatewayRoutes(ctx, input) {
    const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
    const filters = required(input.Filters, "filters");
    const table = await getTransitRouteTable(ctx, tableId);
    const found = (await allRoutes(ctx, table)).filter(matcherOf(filters));
    if (input.DryRun === true) throw dryRunOperation();
    const limit = input.MaxResults ?? 1000;
    return { Routes: found.slice(0, limit), AdditionalRoutesAvailable: found.length > limit };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeRoutes<Answer>(
  ctx: Context,
  input: RouteInput,
  change: (scope: Scope, table: StoredTransitRouteTable, cidr: string) => Promise<Answer>,
): Promise<Answer> {
  const text = required(input.DestinationCidrBlock, "destinationCidrBlock");
  const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
  const ipv6 = parseIpv6Block(text);
  const cidr = canonicalIpv4Cidr(text) ?? (ipv6 && formatIpv6Block(ipv6));
  if (cidr === undefined) {
    throw invalidParameterValue(
      `Value (${text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  return inTransaction(ctx, async (scope) => {
    const table = await getTransitRouteTable(scope, tableId);
    const answer = await change(scope, table, cidr);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, transitGatewayRouteTables, table);
    return answer;
  });
}

/** A route leads to an attachment, or nowhere. */
export async function newRoute(
  scope: Scope,
  cidr: string,
  input: { TransitGatewayAttachmentId?: string | undefined; Blackhole?: boolean | undefined },
): Promise<StaticRoute> {
  if ((input.Blackhole === true) === Boolean(input.TransitGatewayAttachmentId)) {
    throw invalidParameterCombination("The request must contain exactly one of transitGatewayAttachmentId, blackhole");
  }
  if (input.Blackhole === true) return { cidr, isBlackhole: true };
  const id = input.TransitGatewayAttachmentId ?? "";
  const attachment = await getResource(scope, transitGatewayAttachments, id);
  if (attachment.State === "deleted") throw transitGatewayAttachments.notFound([id]);
  return { cidr, attachmentId: id, isBlackhole: false };
}

function getRoute(table: StoredTransitRouteTable, cidr: string): StaticRoute {
  const route = table.Routes.find((one) => one.cidr === cidr);
  if (route !== undefined) return route;
  throw new AwsError(
    "InvalidRoute.NotFound",
    `Route ${cidr} does not exist in Transit Gateway Route Table ${table.TransitGatewayRouteTableId}.`,
  );
}

async function toRoute(scope: Scope, route: StaticRoute): Promise<TransitGatewayRoute> {
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
async function allRoutes(scope: Scope, table: StoredTransitRouteTable): Promise<TransitGatewayRoute[]> {
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
function matcherOf(filters: readonly Filter[]): (route: TransitGatewayRoute) => boolean {
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
  return (route) => tests.every((test) => test(route));
}
