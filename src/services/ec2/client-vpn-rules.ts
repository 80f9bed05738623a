import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AuthorizationRule, ClientVpnRoute } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource } from "./changes.ts";
import { canonicalIpv4Cidr } from "./cidr.ts";
import { clientVpnEndpoints, newRoute } from "./client-vpn.ts";
import { describeData } from "./describe.ts";
import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { required } from "./required.ts";
import { getResource } from "./resource.ts";

const ruleFilters = pathFilters<AuthorizationRule>()({
  description: "Description",
  "destination-cidr": "DestinationCidr",
  "group-id": "GroupId",
});

const routeFilters = pathFilters<ClientVpnRoute>()({
  "destination-cidr": "DestinationCidr",
  origin: "Origin",
  "target-subnet": "TargetSubnet",
});

/** Which clients may reach which networks, and by which subnets. */
export const clientVpnRuleOperations = {
  async AuthorizeClientVpnIngress(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const DestinationCidr = checkCidr(required(input.TargetNetworkCidr, "targetNetworkCidr"));
    if (input.AccessGroupId && input.AuthorizeAllGroups === true) {
      throw invalidParameterCombination("accessGroupId and authorizeAllGroups cannot be specified together.");
    }
    if (!input.AccessGroupId && input.AuthorizeAllGroups !== true) {
      throw missingParameter("accessGroupId or authorizeAllGroups");
    }
    const GroupId = input.AccessGroupId ?? "";
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, (endpoint) => {
      if (endpoint.Rules.some((rule) => rule.DestinationCidr === DestinationCidr && rule.GroupId === GroupId)) {
        throw new AwsError(
          "InvalidClientVpnDuplicateAuthorizationRule",
          `A rule for ${DestinationCidr} is there already.`,
        );
      }
      endpoint.Rules.push({
        ...{ ClientVpnEndpointId: id, Description: input.Description ?? "", GroupId, DestinationCidr },
        AccessAll: GroupId === "",
        Status: { Code: "active" },
      });
    });
    return { Status: { Code: "authorizing" as const } };
  },

  async RevokeClientVpnIngress(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const cidr = checkCidr(required(input.TargetNetworkCidr, "targetNetworkCidr"));
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, (endpoint) => {
      const kept = endpoint.Rules.filter(
        (rule) => rule.DestinationCidr !== cidr || rule.GroupId !== (input.AccessGroupId ?? ""),
      );
      if (kept.length === endpoint.Rules.length) {
        throw new AwsError("InvalidClientVpnEndpointAuthorizationRuleNotFound", `There is no rule for ${cidr}.`);
      }
      endpoint.Rules = kept;
    });
    return { Status: { Code: "revoking" as const } };
  },

  async DescribeClientVpnAuthorizationRules(ctx, input) {
    const matches = compileFilters(input.Filters, ruleFilters);
    const endpoint = await getResource(ctx, clientVpnEndpoints, required(input.ClientVpnEndpointId, "endpointId"));
    const page = describeData(endpoint.Rules.filter(matches), input, {
      kind: "client-vpn-authorization-rules",
      keyOf: ({ DestinationCidr, GroupId }) => `${DestinationCidr}/${GroupId}`,
    });
    return { AuthorizationRules: page.items, NextToken: page.nextToken };
  },

  async CreateClientVpnRoute(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const route = toRoute(input, id);
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, (endpoint) => {
      if (!endpoint.Networks.some(({ TargetNetworkId }) => TargetNetworkId === route.TargetSubnet)) {
        throw new AwsError(
          "InvalidClientVpnActiveAssociationNotFound",
          `Subnet ${route.TargetSubnet} is not associated with ${id}.`,
        );
      }
      if (endpoint.Routes.some((one) => isSame(one, route))) {
        throw new AwsError("InvalidClientVpnDuplicateRoute", `A route to ${route.DestinationCidr} is there already.`);
      }
      endpoint.Routes.push(newRoute({ ...route, Description: input.Description ?? "" }, "add-route"));
    });
    return { Status: { Code: "creating" as const } };
  },

  async DeleteClientVpnRoute(ctx, { DryRun, ...input }) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const route = toRoute(input, id);
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun }, (endpoint) => {
      const gone = endpoint.Routes.find((one) => isSame(one, route));
      if (gone === undefined) {
        throw new AwsError("InvalidClientVpnRouteNotFound", `There is no route to ${route.DestinationCidr}.`);
      }
      if (gone.Origin === "associate") throw invalidParameterValue("The route of an association cannot be deleted.");
      endpoint.Routes = endpoint.Routes.filter((one) => one !== gone);
    });
    return { Status: { Code: "deleting" as const } };
  },

  async DescribeClientVpnRoutes(ctx, input) {
    const matches = compileFilters(input.Filters, routeFilters);
    const endpoint = await getResource(ctx, clientVpnEndpoints, required(input.ClientVpnEndpointId, "endpointId"));
    const page = describeData(endpoint.Routes.filter(matches), input, {
      kind: "client-vpn-routes",
      keyOf: ({ DestinationCidr, TargetSubnet }) => `${DestinationCidr}/${TargetSubnet}`,
    });
    return { Routes: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

interface RouteInput {
  readonly DestinationCidrBlock?: string | undefined;
  readonly TargetVpcSubnetId?: string | undefined;
}

function toRoute({ DestinationCidrBlock, TargetVpcSubnetId }: RouteInput, ClientVpnEndpointId: string) {
  return {
    ClientVpnEndpointId,
    DestinationCidr: checkCidr(required(DestinationCidrBlock, "destinationCidrBlock")),
    TargetSubnet: required(TargetVpcSubnetId, "targetVpcSubnetId"),
  };
}

function isSame(one: ClientVpnRoute, other: Pick<ClientVpnRoute, "DestinationCidr" | "TargetSubnet">): boolean {
  return one.DestinationCidr === other.DestinationCidr && one.TargetSubnet === other.TargetSubnet;
}

function checkCidr(text: string): string {
  const cidr = canonicalIpv4Cidr(text);
  if (cidr === undefined) throw invalidParameterValue(`${text} is not a valid CIDR block.`);
  return cidr;
}
