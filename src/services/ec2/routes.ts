import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { canonicalIpv4Cidr, canonicalIpv6Cidr } from "./cidr.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { formatIpv6Block, parseIpv6Block } from "./ipv6.ts";
import { getPrefixList } from "./prefix-lists.ts";
import { required } from "./required.ts";
import { getResource, updateResource } from "./resource.ts";
import { resolveTarget, type TargetInput } from "./route-resolution.ts";
import { routeTables } from "./route-tables.ts";
import { targetMembers } from "./route-targets.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { vpnGateways } from "./vpn-gateways.ts";

interface DestinationInput {
  readonly DestinationCidrBlock?: string | undefined;
  readonly DestinationIpv6CidrBlock?: string | undefined;
  readonly DestinationPrefixListId?: string | undefined;
}

type Destination = Pick<Route, "DestinationCidrBlock" | "DestinationIpv6CidrBlock" | "DestinationPrefixListId">;

export const routeOperations = {
  async CreateRoute(ctx, input) {
    await changeTable(ctx, input, async (scope, table) => {
      const destination = await readDestination(scope, input);
      if (findRoute(table, destination) !== undefined) {
        throw new AwsError("RouteAlreadyExists", `The route identified by ${nameOf(destination)} already exists.`);
      }
      const target = await resolveTarget(scope, table, input);
      table.Routes = [...(table.Routes ?? []), { ...destination, ...target, Origin: "CreateRoute" }];
    });
    return { Return: true };
  },

  async ReplaceRoute(ctx, input) {
    await changeTable(ctx, input, async (scope, table) => {
      const destination = await readDestination(scope, input);
      const route = findRoute(table, destination);
      // Not InvalidRoute.NotFound, as for DeleteRoute.
      if (route === undefined) {
        throw invalidParameterValue(
          `There is no route defined for '${nameOf(destination)}' in the route table. Use CreateRoute instead.`,
        );
      }
      const local = input.LocalTarget === true;
      const isLocal = route.Origin === "CreateRouteTable";
      if (local && hasTarget(input)) {
        throw invalidParameterCombination("The parameter localTarget cannot be used with another target");
      }
      const target = local
        ? { GatewayId: "local", State: "active" as const }
        : await resolveTarget(scope, table, input);
      if (local && !isLocal) throw invalidParameterValue(`The route identified by ${nameOf(route)} is not local.`);
      for (const member of [...targetMembers, "InstanceOwnerId"] as const) delete route[member];
      Object.assign(route, target);
    });
    return {};
  },

  async DeleteRoute(ctx, input) {
    await changeTable(ctx, input, async (scope, table) => {
      const route = getRoute(table, await readDestination(scope, input));
      if (route.Origin === "CreateRouteTable") {
        throw invalidParameterValue(`cannot remove local route ${nameOf(route)} in route table ${table.RouteTableId}`);
      }
      table.Routes = table.Routes?.filter((other) => other !== route);
    });
    return {};
  },

  async EnableVgwRoutePropagation(ctx, input) {
    const id = required(input.GatewayId, "gatewayId");
    await changeTable(ctx, input, async (scope, table) => {
      const gateway = await getResource(scope, vpnGateways, id);
      if (!gateway.VpcAttachments?.some((one) => one.VpcId === table.VpcId && one.State === "attached")) {
        throw new AwsError("Gateway.NotAttached", `resource ${id} is not attached to network ${table.VpcId}`);
      }
      const others = table.PropagatingVgws?.filter(({ GatewayId }) => GatewayId !== id) ?? [];
      table.PropagatingVgws = [...others, { GatewayId: id }];
    });
    return {};
  },

  async DisableVgwRoutePropagation(ctx, input) {
    const id = required(input.GatewayId, "gatewayId");
    await changeTable(ctx, input, async (scope, table) => {
      await getResource(scope, vpnGateways, id);
      table.PropagatingVgws = table.PropagatingVgws?.filter(({ GatewayId }) => GatewayId !== id);
      table.Routes = table.Routes?.filter(
        (route) => route.GatewayId !== id || route.Origin !== "EnableVgwRoutePropagation",
      );
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeTable(
  ctx: Context,
  input: { RouteTableId: string | undefined; DryRun?: boolean | undefined },
  change: (scope: Scope, table: RouteTable) => Promise<void>,
): Promise<void> {
  const id = required(input.RouteTableId, "routeTableId");
  await inTransaction(ctx, async (scope) => {
    const table = await getResource(scope, routeTables, id);
    await change(scope, table);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, routeTables, table);
  });
}

/** The one destination of a request, in its shortest form. @throws AwsError */
async function readDestination(scope: Scope, input: DestinationInput): Promise<Destination> {
  const { DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId } = input;
  const given = [DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId].filter(Boolean);
  if (given.length === 0) throw missingParameter("destinationCidrBlock");
  if (given.length > 1) {
    throw invalidParameterCombination(
      "The request must contain exactly one of: destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId",
    );
  }
  if (DestinationCidrBlock) {
    const cidr = canonicalIpv4Cidr(DestinationCidrBlock);
    if (cidr === undefined) throw badCidr("destinationCidrBlock", DestinationCidrBlock);
    return { DestinationCidrBlock: cidr };
  }
  if (DestinationIpv6CidrBlock) {
    const block = canonicalIpv6Cidr(DestinationIpv6CidrBlock) && parseIpv6Block(DestinationIpv6CidrBlock);
    if (!block) throw badCidr("destinationIpv6CidrBlock", DestinationIpv6CidrBlock);
    return { DestinationIpv6CidrBlock: formatIpv6Block(block) };
  }
  const list = await getPrefixList(scope, DestinationPrefixListId ?? "");
  return { DestinationPrefixListId: list.PrefixListId };
}

function badCidr(parameter: string, value: string) {
  return invalidParameterValue(
    `Value (${value}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`,
  );
}

function findRoute(table: RouteTable, destination: Destination): Route | undefined {
  // A propagated route gives way to one with the same destination that is made by hand.
  return table.Routes?.find(
    (route) => nameOf(route) === nameOf(destination) && route.Origin !== "EnableVgwRoutePropagation",
  );
}

function getRoute(table: RouteTable, destination: Destination): Route {
  const route = findRoute(table, destination);
  if (route !== undefined) return route;
  throw new AwsError(
    "InvalidRoute.NotFound",
    `no route with destination-cidr-block ${nameOf(destination)} in route table ${table.RouteTableId}`,
  );
}

function nameOf(destination: Destination): string {
  return (
    destination.DestinationCidrBlock ??
    destination.DestinationIpv6CidrBlock ??
    destination.DestinationPrefixListId ??
    ""
  );
}

function hasTarget(input: TargetInput): boolean {
  return [...targetMembers, "VpcEndpointId" as const].some((member) => Boolean(input[member]));
}
