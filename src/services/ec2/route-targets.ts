import type { Route } from "@aws-sdk/client-ec2";
import { listResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import type { Scope } from "./scope.ts";

/** The members of a route that name what it leads to. */
export const targetMembers = [
  "CarrierGatewayId",
  "CoreNetworkArn",
  "EgressOnlyInternetGatewayId",
  "GatewayId",
  "InstanceId",
  "LocalGatewayId",
  "NatGatewayId",
  "NetworkInterfaceId",
  "TransitGatewayId",
  "VpcPeeringConnectionId",
] as const satisfies readonly (keyof Route)[];

/** When a target has gone, or is back: the routes that lead to it say so, and stay. */
export async function setStateOfRoutesTo(
  scope: Scope,
  targetId: string,
  State: "active" | "blackhole",
  vpcId?: string,
): Promise<void> {
  for (const table of await listResources(scope, routeTables, vpcId === undefined ? {} : { vpc_id: vpcId })) {
    const changed = (table.Routes ?? []).filter(
      (route) => route.State !== State && targetMembers.some((member) => route[member] === targetId),
    );
    if (changed.length === 0) continue;
    for (const route of changed) route.State = State;
    await updateResource(scope, routeTables, table);
  }
}
