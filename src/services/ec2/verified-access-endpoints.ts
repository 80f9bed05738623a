import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateVerifiedAccessEndpointRequest, VerifiedAccessEndpoint } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, unsupportedOperation } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { getResource, getResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";
import { accessEndpoints, accessGroups, timeOf } from "./verified-access.ts";
import { changedPolicy, newPolicy, policyOf } from "./verified-access-groups.ts";

const options = ["CidrOptions", "LoadBalancerOptions", "NetworkInterfaceOptions", "RdsOptions"] as const;

/** https://docs.aws.amazon.com/verified-access/latest/ug/verified-access-endpoints.html */
export const accessEndpointOperations = {
  async CreateVerifiedAccessEndpoint(ctx, input) {
    const groupId = required(input.VerifiedAccessGroupId, "VerifiedAccessGroupId");
    required(input.EndpointType, "EndpointType");
    required(input.AttachmentType, "AttachmentType");
    const tags = tagsForNew(input.TagSpecifications, "verified-access-endpoint");
    const made = await makeOnce(ctx, accessEndpoints, input, async (scope) => {
      const group = await getResource(scope, accessGroups, groupId);
      await checkTarget(scope, input);
      if (input.DryRun === true) throw dryRunOperation();
      const endpoint = newEndpoint(scope, input, group.VerifiedAccessInstanceId ?? "");
      return insertTagged(scope, accessEndpoints, { ...endpoint, ...newPolicy(input.PolicyDocument) }, tags);
    });
    return { VerifiedAccessEndpoint: { ...made, Status: { Code: "pending" } } };
  },

  async ModifyVerifiedAccessEndpoint(ctx, input) {
    const id = required(input.VerifiedAccessEndpointId, "VerifiedAccessEndpointId");
    const changed = await changeResource(
      ctx,
      accessEndpoints,
      { id, DryRun: input.DryRun },
      async (endpoint, scope) => {
        if (input.VerifiedAccessGroupId) {
          const group = await getResource(scope, accessGroups, input.VerifiedAccessGroupId);
          endpoint.VerifiedAccessGroupId = input.VerifiedAccessGroupId;
          endpoint.VerifiedAccessInstanceId = group.VerifiedAccessInstanceId;
        }
        for (const member of options) {
          if (input[member] !== undefined)
            Object.assign(endpoint, { [member]: { ...endpoint[member], ...input[member] } });
        }
        endpoint.Description = input.Description ?? endpoint.Description;
        endpoint.LastUpdatedTime = timeOf(scope.now());
      },
    );
    return { VerifiedAccessEndpoint: { ...changed, Status: { Code: "updating" } } };
  },

  async DeleteVerifiedAccessEndpoint(ctx, input) {
    const id = required(input.VerifiedAccessEndpointId, "VerifiedAccessEndpointId");
    const removed = await removeResource(ctx, accessEndpoints, { id, DryRun: input.DryRun });
    const DeletionTime = timeOf(ctx.now());
    return { VerifiedAccessEndpoint: { ...removed, Status: { Code: "deleting" }, DeletionTime } };
  },

  async DescribeVerifiedAccessEndpoints(ctx, input) {
    const { VerifiedAccessInstanceId: instanceId, VerifiedAccessGroupId: groupId } = input;
    const page = await describeResources(ctx, accessEndpoints, input, {
      ids: input.VerifiedAccessEndpointIds,
      only: (endpoint) =>
        (!instanceId || endpoint.VerifiedAccessInstanceId === instanceId) &&
        (!groupId || endpoint.VerifiedAccessGroupId === groupId),
    });
    return { VerifiedAccessEndpoints: page.items, NextToken: page.nextToken };
  },

  async GetVerifiedAccessEndpointPolicy(ctx, input) {
    const id = required(input.VerifiedAccessEndpointId, "VerifiedAccessEndpointId");
    const endpoint = await getResource(ctx, accessEndpoints, id);
    if (input.DryRun === true) throw dryRunOperation();
    return policyOf(endpoint);
  },

  async ModifyVerifiedAccessEndpointPolicy(ctx, input) {
    const id = required(input.VerifiedAccessEndpointId, "VerifiedAccessEndpointId");
    const changed = await changeResource(ctx, accessEndpoints, { id, DryRun: input.DryRun }, (endpoint) => {
      Object.assign(endpoint, changedPolicy(endpoint, input));
      endpoint.SseSpecification = input.SseSpecification ?? endpoint.SseSpecification;
    });
    return { ...policyOf(changed), SseSpecification: changed.SseSpecification };
  },
} satisfies Operations<typeof Ec2, Context>;

/** What the endpoint leads to has to be there, as far as it is LocalAWS's. @throws AwsError */
async function checkTarget(scope: Scope, input: CreateVerifiedAccessEndpointRequest): Promise<void> {
  await getResources(scope, securityGroups, input.SecurityGroupIds ?? []);
  switch (input.EndpointType) {
    case "network-interface": {
      const target = required(input.NetworkInterfaceOptions, "NetworkInterfaceOptions");
      await getResource(scope, networkInterfaces, required(target.NetworkInterfaceId, "NetworkInterfaceId"));
      return;
    }
    case "cidr":
      required(required(input.CidrOptions, "CidrOptions").Cidr, "Cidr");
      await getResources(scope, subnets, input.CidrOptions?.SubnetIds ?? []);
      return;
    case "rds":
      required(input.RdsOptions, "RdsOptions");
      await getResources(scope, subnets, input.RdsOptions?.SubnetIds ?? []);
      return;
    case "load-balancer":
      throw unsupportedOperation("LocalAWS has no load balancers that an endpoint could lead to.");
    default:
      throw invalidParameterValue(`Value (${String(input.EndpointType)}) for parameter endpointType is invalid.`);
  }
}

function newEndpoint(
  scope: Scope,
  input: CreateVerifiedAccessEndpointRequest,
  VerifiedAccessInstanceId: string,
): VerifiedAccessEndpoint {
  const time = timeOf(scope.now());
  const VerifiedAccessEndpointId = scope.newId("vae");
  const label = VerifiedAccessEndpointId.slice("vae-".length);
  const domain = `edge-${label}.${VerifiedAccessInstanceId}.prod.verified-access.${scope.region}.amazonaws.com`;
  return {
    VerifiedAccessEndpointId,
    VerifiedAccessInstanceId,
    VerifiedAccessGroupId: input.VerifiedAccessGroupId,
    EndpointType: input.EndpointType,
    AttachmentType: input.AttachmentType,
    ApplicationDomain: input.ApplicationDomain,
    DomainCertificateArn: input.DomainCertificateArn,
    EndpointDomain: input.EndpointDomainPrefix ? `${input.EndpointDomainPrefix}.${domain}` : domain,
    DeviceValidationDomain: `ext.${domain}`,
    SecurityGroupIds: input.SecurityGroupIds ?? [],
    ...Object.fromEntries(options.flatMap((member) => (input[member] === undefined ? [] : [[member, input[member]]]))),
    Status: { Code: "active" },
    Description: input.Description ?? "",
    CreationTime: time,
    LastUpdatedTime: time,
    ...(input.SseSpecification === undefined ? {} : { SseSpecification: input.SseSpecification }),
  };
}
