import { isIPv4, isIPv6 } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CustomerGateway } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { type Ending, forgetEnded } from "./ended.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  missingParameter,
  notFound,
} from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, listResources, type Resource, tagsMember } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { vpnConnections } from "./vpn-connections.ts";

export const customerGateways: Resource<CustomerGateway & Ending> = {
  table: "ec2_customer_gateways",
  prefix: "cgw",
  type: "customer-gateway",
  idOf: (gateway) => gateway.CustomerGatewayId ?? "",
  ...tagsMember,
  filters: pathFilters<CustomerGateway>()({
    "bgp-asn": "BgpAsn",
    "customer-gateway-id": "CustomerGatewayId",
    "ip-address": "IpAddress",
    state: "State",
    type: "Type",
  }),
  columnFilters: { "customer-gateway-id": "id" },
  malformed: (id) => malformed("InvalidCustomerGatewayId.Malformed", id, "cgw"),
  notFound: (ids) => notFound("InvalidCustomerGatewayID.NotFound", "customerGateway ID", ids),
};

export const customerGatewayOperations = {
  /** The same request again gives what is there. */
  async CreateCustomerGateway(ctx, input) {
    const Type = required(input.Type, "type");
    const tags = tagsForNew(input.TagSpecifications, "customer-gateway");
    if (Type !== "ipsec.1") throw invalidParameterValue(`Value (${String(Type)}) for parameter type is invalid.`);
    const IpAddress = input.IpAddress || input.PublicIp;
    if (!IpAddress && !input.CertificateArn) throw missingParameter("ipAddress");
    if (IpAddress && !isIPv4(IpAddress) && !isIPv6(IpAddress)) {
      throw invalidParameterValue(`Value (${IpAddress}) for parameter ipAddress is invalid. Invalid IP address.`);
    }
    if (input.BgpAsn !== undefined && input.BgpAsnExtended !== undefined) {
      throw invalidParameterCombination("The parameters bgpAsn and bgpAsnExtended cannot be used together");
    }
    const asn = input.BgpAsnExtended ?? input.BgpAsn ?? 65000;
    if (asn < 1 || asn > 4294967295) {
      throw invalidParameterValue(`Value (${asn}) for parameter bgpAsn is invalid. Invalid ASN.`);
    }
    return inTransaction(ctx, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const BgpAsn = String(asn);
      const twin = (await listResources(scope, customerGateways)).find(
        (one) =>
          one.State === "available" &&
          one.IpAddress === IpAddress &&
          (one.BgpAsnExtended ?? one.BgpAsn) === BgpAsn &&
          one.CertificateArn === (input.CertificateArn || undefined),
      );
      if (twin !== undefined) {
        await completeResources(scope, customerGateways, [twin]);
        return { CustomerGateway: twin };
      }
      const gateway: CustomerGateway = {
        CustomerGatewayId: scope.newId("cgw"),
        State: "available",
        Type,
        ...(input.BgpAsnExtended === undefined ? { BgpAsn } : { BgpAsnExtended: BgpAsn }),
        ...(IpAddress ? { IpAddress } : {}),
        ...(input.CertificateArn ? { CertificateArn: input.CertificateArn } : {}),
        ...(input.DeviceName ? { DeviceName: input.DeviceName } : {}),
      };
      return { CustomerGateway: await insertTagged(scope, customerGateways, gateway, tags) };
    });
  },

  async DeleteCustomerGateway(ctx, input) {
    const { CustomerGatewayId, DryRun } = input;
    const id = required(CustomerGatewayId, "customerGatewayId");
    await changeResource(ctx, customerGateways, { id, DryRun }, async (gateway, scope) => {
      const connections = await listResources(scope, vpnConnections);
      if (connections.some((one) => one.CustomerGatewayId === id && one.State !== "deleted")) {
        throw new AwsError("IncorrectState", "The customer gateway is in use.");
      }
      gateway.State = "deleted";
      gateway.EndedAt = scope.now().toISOString();
    });
    return {};
  },

  async DescribeCustomerGateways(ctx, input) {
    await forgetEnded(ctx, customerGateways);
    const page = await describeResources(ctx, customerGateways, input, { ids: input.CustomerGatewayIds });
    return { CustomerGateways: page.items };
  },
} satisfies Operations<typeof Ec2, Context>;
