import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AllowedPrincipal, PrincipalType, ServiceDetail } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData, describeResources } from "./describe.ts";
import { connectionsOf } from "./endpoint-connections.ts";
import { ipAddressTypes, supportedRegions } from "./endpoint-service-reach.ts";
import {
  endpointServices,
  type StoredEndpointService,
  servicesOfAccounts,
  servicesOfAws,
  toDetail,
} from "./endpoint-services.ts";
import { dryRunOperation, invalidParameterValue, missingParameter } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import { completeResources, deleteResources, findResource, getResource, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";

const detailFilters = pathFilters<ServiceDetail>()({
  owner: "Owner",
  "service-name": "ServiceName",
  "service-region": "ServiceRegion",
  "service-type": "ServiceType.ServiceType",
  "supported-ip-address-types": "SupportedIpAddressTypes",
});

const principalFilters = pathFilters<AllowedPrincipal>()({
  principal: "Principal",
  "principal-type": "PrincipalType",
});

export const endpointServiceOperations = {
  async DescribeVpcEndpointServices(ctx, input) {
    const matches = compileFilters(input.Filters, detailFilters, (detail: ServiceDetail) => detail.Tags);
    const own = await servicesOfAccounts(ctx);
    await completeResources(
      ctx,
      endpointServices,
      own.map(({ service }) => service),
    );
    const all = [...servicesOfAws(ctx.region), ...own.map(toDetail)];
    const names = new Set(input.ServiceNames);
    const unknown = [...names].filter((name) => !all.some(({ ServiceName }) => ServiceName === name));
    if (unknown.length > 0) {
      throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${unknown.join(", ")}' does not exist`);
    }
    const found = all.filter((detail) => (names.size === 0 || names.has(detail.ServiceName ?? "")) && matches(detail));
    const page = describeData(found, input, {
      kind: "vpc-endpoint-services",
      keyOf: (detail) => detail.ServiceId ?? "",
      limits: { min: 1, max: 1000 },
    });
    return {
      ServiceNames: [...new Set(page.items.flatMap(({ ServiceName }) => ServiceName ?? []))],
      ServiceDetails: page.items,
      NextToken: page.nextToken,
    };
  },

  async CreateVpcEndpointServiceConfiguration(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "vpc-endpoint-service");
    const { NetworkLoadBalancerArns = [], GatewayLoadBalancerArns = [] } = input;
    if (NetworkLoadBalancerArns.length + GatewayLoadBalancerArns.length === 0) {
      throw new AwsError(
        "InvalidParameter",
        "exactly one of network_load_balancer_arn or gateway_load_balancer_arn is a required member",
      );
    }
    for (const arn of [...NetworkLoadBalancerArns, ...GatewayLoadBalancerArns]) checkLoadBalancer(arn);
    const type = GatewayLoadBalancerArns.length > 0 ? "GatewayLoadBalancer" : "Interface";
    const service = await makeOnce(ctx, endpointServices, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const ServiceId = scope.newId("vpce-svc");
      const made: StoredEndpointService = {
        ServiceId,
        ServiceName: `com.amazonaws.vpce.${scope.region}.${ServiceId}`,
        ServiceType: [{ ServiceType: type }],
        ServiceState: "Available",
        AvailabilityZones: zonesOf(scope.region).map((zone) => zone.name),
        AcceptanceRequired: input.AcceptanceRequired ?? true,
        ManagesVpcEndpoints: false,
        ...(NetworkLoadBalancerArns.length > 0 ? { NetworkLoadBalancerArns } : {}),
        ...(GatewayLoadBalancerArns.length > 0 ? { GatewayLoadBalancerArns } : {}),
        SupportedIpAddressTypes: ipAddressTypes([], input.SupportedIpAddressTypes ?? ["ipv4"]),
        ...supportedRegions([], [scope.region, ...(input.SupportedRegions ?? [])]),
        BaseEndpointDnsNames: [`${ServiceId}.${scope.region}.vpce.amazonaws.com`],
        ...privateName(input.PrivateDnsName, ServiceId),
        Principals: [],
      };
      return insertTagged(scope, endpointServices, made, tags);
    });
    return { ServiceConfiguration: service, ClientToken: input.ClientToken };
  },

  async ModifyVpcEndpointServiceConfiguration(ctx, input) {
    await changeService(ctx, input, (service) => {
      const change = (there: string[] | undefined, add: string[] = [], remove: string[] = []) => {
        add.forEach(checkLoadBalancer);
        const arns = [...new Set([...(there ?? []), ...add])].filter((arn) => !remove.includes(arn));
        return arns.length === 0 ? undefined : arns;
      };
      service.AcceptanceRequired = input.AcceptanceRequired ?? service.AcceptanceRequired;
      service.NetworkLoadBalancerArns = change(
        service.NetworkLoadBalancerArns,
        input.AddNetworkLoadBalancerArns,
        input.RemoveNetworkLoadBalancerArns,
      );
      service.GatewayLoadBalancerArns = change(
        service.GatewayLoadBalancerArns,
        input.AddGatewayLoadBalancerArns,
        input.RemoveGatewayLoadBalancerArns,
      );
      service.SupportedIpAddressTypes = ipAddressTypes(
        service.SupportedIpAddressTypes ?? [],
        input.AddSupportedIpAddressTypes,
        input.RemoveSupportedIpAddressTypes,
      );
      Object.assign(
        service,
        supportedRegions(
          [ctx.region, ...(service.SupportedRegions ?? []).flatMap(({ Region }) => Region ?? [])],
          input.AddSupportedRegions,
          input.RemoveSupportedRegions,
        ),
      );
      if (input.RemovePrivateDnsName === true) {
        delete service.PrivateDnsName;
        delete service.PrivateDnsNameConfiguration;
      }
      Object.assign(service, privateName(input.PrivateDnsName, service.ServiceId ?? ""));
    });
    return { Return: true };
  },

  async DeleteVpcEndpointServiceConfigurations(ctx, input) {
    const ids = required(input.ServiceIds, "serviceIds");
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const Unsuccessful: Ec2.UnsuccessfulItem[] = [];
      for (const id of ids) {
        const service = await findResource(scope, endpointServices, id);
        if (service === undefined) {
          const { message: Message } = endpointServices.notFound([id]);
          Unsuccessful.push({ ResourceId: id, Error: { Code: "InvalidVpcEndpointService.NotFound", Message } });
          continue;
        }
        const connected = (await connectionsOf(scope, service)).some(
          ({ endpoint }) => String(endpoint.State).toLowerCase() !== "rejected",
        );
        if (connected) {
          const Message = `The service '${id}' has existing active VPC Endpoint connections.`;
          Unsuccessful.push({ ResourceId: id, Error: { Code: "ExistingVpcEndpointConnections", Message } });
          continue;
        }
        await deleteResources(scope, endpointServices, [id]);
      }
      return { Unsuccessful };
    });
  },

  async DescribeVpcEndpointServiceConfigurations(ctx, input) {
    const page = await describeResources(ctx, endpointServices, input, { ids: input.ServiceIds });
    return { ServiceConfigurations: page.items, NextToken: page.nextToken };
  },

  async ModifyVpcEndpointServicePermissions(ctx, input) {
    const AddedPrincipals: AllowedPrincipal[] = [];
    await changeService(ctx, input, (service) => {
      const { AddAllowedPrincipals = [], RemoveAllowedPrincipals = [] } = input;
      if (AddAllowedPrincipals.length + RemoveAllowedPrincipals.length === 0) {
        throw missingParameter("addAllowedPrincipals or removeAllowedPrincipals");
      }
      service.Principals = service.Principals.filter(
        ({ Principal }) => !RemoveAllowedPrincipals.includes(Principal ?? ""),
      );
      for (const Principal of AddAllowedPrincipals) {
        if (service.Principals.some((one) => one.Principal === Principal)) continue;
        const added = {
          Principal,
          PrincipalType: principalType(Principal),
          ServicePermissionId: ctx.newId("vpce-svc-perm"),
          ServiceId: service.ServiceId,
        };
        service.Principals.push({ ...added, Tags: [] });
        AddedPrincipals.push(added);
      }
    });
    return { AddedPrincipals, ReturnValue: true };
  },

  async ModifyVpcEndpointServicePayerResponsibility(ctx, input) {
    const payer = required(input.PayerResponsibility, "payerResponsibility");
    await changeService(ctx, input, (service) => {
      if (payer !== "ServiceOwner") throw invalidParameterValue(`Invalid value '${payer}' for payerResponsibility.`);
      service.PayerResponsibility = payer;
    });
    return { ReturnValue: true };
  },

  /** Names are verified from the start: nothing here asks the DNS of others. */
  async StartVpcEndpointServicePrivateDnsVerification(ctx, input) {
    const service = await getResource(ctx, endpointServices, required(input.ServiceId, "serviceId"));
    if (service.PrivateDnsName === undefined) {
      throw new AwsError("InvalidParameter", `Private DNS name is not set for the service ${service.ServiceId}.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    return { ReturnValue: true };
  },

  async DescribeVpcEndpointServicePermissions(ctx, input) {
    const matches = compileFilters(input.Filters, principalFilters);
    const service = await getResource(ctx, endpointServices, required(input.ServiceId, "serviceId"));
    const page = describeData(service.Principals.filter(matches), input, {
      kind: "vpc-endpoint-service-permissions",
      keyOf: (principal) => principal.ServicePermissionId ?? "",
    });
    return { AllowedPrincipals: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeService(
  ctx: Context,
  input: { ServiceId: string | undefined; DryRun?: boolean | undefined },
  change: (service: StoredEndpointService) => void,
): Promise<void> {
  await inTransaction(ctx, async (scope) => {
    const service = await getResource(scope, endpointServices, required(input.ServiceId, "serviceId"));
    change(service);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, endpointServices, service);
  });
}

function checkLoadBalancer(arn: string): void {
  if (/^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/(?:net|gwy)\//.test(arn)) return;
  throw invalidParameterValue(`The load balancer ARN '${arn}' is invalid.`);
}

function privateName(name: string | undefined, serviceId: string) {
  if (!name) return {};
  return {
    PrivateDnsName: name,
    PrivateDnsNameConfiguration: {
      State: "verified" as const,
      Type: "TXT",
      Name: `_${serviceId.slice(-8)}`,
      Value: `vpce:${serviceId.slice(-16)}`,
    },
  };
}

function principalType(principal: string): PrincipalType {
  if (principal === "*") return "All";
  const resource = principal.split(":")[5] ?? "";
  if (resource === "root") return "Account";
  if (resource.startsWith("user/")) return "User";
  if (resource.startsWith("role/")) return "Role";
  throw invalidParameterValue(`The principal '${principal}' is invalid.`);
}
