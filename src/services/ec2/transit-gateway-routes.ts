import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { canonicalIpv4Cidr } from "./cidr.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { formatIpv6Block, parseIpv6Block } from "./ipv6.ts";
import { required } from "./required.ts";
import { getResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { allRoutes, routesMatching, toRoute } from "./transit-gateway-route-search.ts";
import {
  getTransitRouteTable,
  type StaticRoute,
  type StoredTransitRouteTable,
  transitGatewayRouteTables,
} from "./transit-gateway-route-tables.ts";

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
    const found = routesMatching(await allRoutes(ctx, table), filters);
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
