import type {
  VerifiedAccessEndpoint,
  VerifiedAccessGroup,
  VerifiedAccessInstance,
  VerifiedAccessLogs,
  VerifiedAccessTrustProvider,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { listResources, type Resource, tagsMember } from "./resource.ts";

export interface StoredAccessInstance extends VerifiedAccessInstance {
  TrustProviderIds: string[];
  AccessLogs: VerifiedAccessLogs;
}

/** Of groups and endpoints. */
export interface AccessPolicy {
  PolicyEnabled?: boolean | undefined;
  PolicyDocument?: string | undefined;
}

export const trustProviders: Resource<VerifiedAccessTrustProvider> = {
  table: "ec2_verified_access_trust_providers",
  prefix: "vatp",
  type: "verified-access-trust-provider",
  idOf: (provider) => provider.VerifiedAccessTrustProviderId ?? "",
  ...tagsMember,
  filters: pathFilters<VerifiedAccessTrustProvider>()({
    "policy-reference-name": "PolicyReferenceName",
    "trust-provider-type": "TrustProviderType",
    "verified-access-trust-provider-id": "VerifiedAccessTrustProviderId",
  }),
  columnFilters: { "verified-access-trust-provider-id": "id" },
  malformed: (id) => malformed("InvalidVerifiedAccessTrustProviderId.Malformed", id, "vatp"),
  notFound: (ids) =>
    notFound("InvalidVerifiedAccessTrustProviderId.NotFound", "verified access trust provider ID", ids),
};

export const accessInstances: Resource<StoredAccessInstance> = {
  table: "ec2_verified_access_instances",
  prefix: "vai",
  type: "verified-access-instance",
  idOf: (instance) => instance.VerifiedAccessInstanceId ?? "",
  ...tagsMember,
  filters: pathFilters<StoredAccessInstance>()({ "verified-access-instance-id": "VerifiedAccessInstanceId" }),
  columnFilters: { "verified-access-instance-id": "id" },
  async enrich(scope, shapes) {
    const providers = await listResources(scope, trustProviders, { id: shapes.flatMap((one) => one.TrustProviderIds) });
    for (const shape of shapes) {
      shape.VerifiedAccessTrustProviders = providers
        .filter((provider) => shape.TrustProviderIds.includes(trustProviders.idOf(provider)))
        .map((provider) => ({
          VerifiedAccessTrustProviderId: provider.VerifiedAccessTrustProviderId,
          Description: provider.Description,
          TrustProviderType: provider.TrustProviderType,
          UserTrustProviderType: provider.UserTrustProviderType,
          DeviceTrustProviderType: provider.DeviceTrustProviderType,
        }));
    }
  },
  malformed: (id) => malformed("InvalidVerifiedAccessInstanceId.Malformed", id, "vai"),
  notFound: (ids) => notFound("InvalidVerifiedAccessInstanceId.NotFound", "verified access instance ID", ids),
};

export const accessGroups: Resource<VerifiedAccessGroup & AccessPolicy> = {
  table: "ec2_verified_access_groups",
  prefix: "vagr",
  type: "verified-access-group",
  idOf: (group) => group.VerifiedAccessGroupId ?? "",
  ...tagsMember,
  filters: pathFilters<VerifiedAccessGroup>()({
    owner: "Owner",
    "verified-access-group-id": "VerifiedAccessGroupId",
    "verified-access-instance-id": "VerifiedAccessInstanceId",
  }),
  columnFilters: { "verified-access-group-id": "id" },
  malformed: (id) => malformed("InvalidVerifiedAccessGroupId.Malformed", id, "vagr"),
  notFound: (ids) => notFound("InvalidVerifiedAccessGroupId.NotFound", "verified access group ID", ids),
};

export const accessEndpoints: Resource<VerifiedAccessEndpoint & AccessPolicy> = {
  table: "ec2_verified_access_endpoints",
  prefix: "vae",
  type: "verified-access-endpoint",
  idOf: (endpoint) => endpoint.VerifiedAccessEndpointId ?? "",
  ...tagsMember,
  filters: pathFilters<VerifiedAccessEndpoint>()({
    "endpoint-type": "EndpointType",
    "status-code": "Status.Code",
    "verified-access-endpoint-id": "VerifiedAccessEndpointId",
    "verified-access-group-id": "VerifiedAccessGroupId",
    "verified-access-instance-id": "VerifiedAccessInstanceId",
  }),
  columnFilters: { "verified-access-endpoint-id": "id" },
  malformed: (id) => malformed("InvalidVerifiedAccessEndpointId.Malformed", id, "vae"),
  notFound: (ids) => notFound("InvalidVerifiedAccessEndpointId.NotFound", "verified access endpoint ID", ids),
};

/** As Verified Access writes times: `2023-08-25T17:30:49`. */
export function timeOf(now: Date): string {
  return now.toISOString().slice(0, 19);
}
