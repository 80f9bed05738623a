import type {
  Ipam,
  IpamPool,
  IpamPoolAllocation,
  IpamPoolCidr,
  IpamResourceDiscovery,
  IpamResourceDiscoveryAssociation,
  IpamScope,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export interface StoredIpam extends Ipam {
  /** What ModifyIpamResourceCidr has said of resources, by their regions, ids and blocks. */
  Monitoring?: Readonly<Record<string, { readonly scopeId: string; readonly monitored: boolean }>> | undefined;
}

export const ipams: Resource<StoredIpam> = {
  table: "ec2_ipams",
  prefix: "ipam",
  type: "ipam",
  idOf: (ipam) => ipam.IpamId ?? "",
  ...tagsMember,
  filters: pathFilters<Ipam>()({
    description: "Description",
    "ipam-arn": "IpamArn",
    "ipam-id": "IpamId",
    "ipam-region": "IpamRegion",
    "owner-id": "OwnerId",
    state: "State",
    tier: "Tier",
  }),
  columnFilters: { "ipam-id": "id" },
  malformed: (id) => malformed("InvalidIpamId.Malformed", id, "ipam"),
  notFound: (ids) => notFound("InvalidIpamId.NotFound", "ipam ID", ids),
};

export interface StoredIpamScope extends IpamScope {
  IpamId: string;
}

export const ipamScopes: Resource<StoredIpamScope> = {
  table: "ec2_ipam_scopes",
  prefix: "ipam-scope",
  type: "ipam-scope",
  idOf: (scope) => scope.IpamScopeId ?? "",
  ...tagsMember,
  filters: pathFilters<StoredIpamScope>()({
    description: "Description",
    "ipam-arn": "IpamArn",
    "ipam-id": "IpamId",
    "ipam-scope-arn": "IpamScopeArn",
    "ipam-scope-id": "IpamScopeId",
    "ipam-scope-type": "IpamScopeType",
    "is-default": "IsDefault",
    "owner-id": "OwnerId",
    state: "State",
  }),
  columnFilters: { "ipam-scope-id": "id" },
  malformed: (id) => malformed("InvalidIpamScopeId.Malformed", id, "ipam-scope"),
  notFound: (ids) => notFound("InvalidIpamScopeId.NotFound", "ipam scope ID", ids),
};

export interface StoredIpamPool extends IpamPool {
  IpamScopeId: string;
  Cidrs: IpamPoolCidr[];
  Allocations: IpamPoolAllocation[];
}

export const ipamPools: Resource<StoredIpamPool> = {
  table: "ec2_ipam_pools",
  prefix: "ipam-pool",
  type: "ipam-pool",
  idOf: (pool) => pool.IpamPoolId ?? "",
  ...tagsMember,
  filters: pathFilters<StoredIpamPool>()({
    "address-family": "AddressFamily",
    description: "Description",
    "ipam-pool-arn": "IpamPoolArn",
    "ipam-pool-id": "IpamPoolId",
    "ipam-scope-id": "IpamScopeId",
    "ipam-scope-type": "IpamScopeType",
    locale: "Locale",
    "owner-id": "OwnerId",
    "source-ipam-pool-id": "SourceIpamPoolId",
    state: "State",
  }),
  columnFilters: { "ipam-pool-id": "id" },
  malformed: (id) => malformed("InvalidIpamPoolId.Malformed", id, "ipam-pool"),
  notFound: (ids) => notFound("InvalidIpamPoolId.NotFound", "ipam pool ID", ids),
};

export const ipamDiscoveries: Resource<IpamResourceDiscovery> = {
  table: "ec2_ipam_resource_discoveries",
  prefix: "ipam-res-disco",
  type: "ipam-resource-discovery",
  idOf: (discovery) => discovery.IpamResourceDiscoveryId ?? "",
  ...tagsMember,
  filters: pathFilters<IpamResourceDiscovery>()({
    description: "Description",
    "ipam-resource-discovery-arn": "IpamResourceDiscoveryArn",
    "ipam-resource-discovery-id": "IpamResourceDiscoveryId",
    "ipam-resource-discovery-region": "IpamResourceDiscoveryRegion",
    "is-default": "IsDefault",
    "owner-id": "OwnerId",
    state: "State",
  }),
  columnFilters: { "ipam-resource-discovery-id": "id" },
  malformed: (id) => malformed("InvalidIpamResourceDiscoveryId.Malformed", id, "ipam-res-disco"),
  notFound: (ids) => notFound("InvalidIpamResourceDiscoveryId.NotFound", "ipam resource discovery ID", ids),
};

export const ipamDiscoveryAssociations: Resource<IpamResourceDiscoveryAssociation> = {
  table: "ec2_ipam_resource_discovery_associations",
  prefix: "ipam-res-disco-assoc",
  type: "ipam-resource-discovery-association",
  idOf: (association) => association.IpamResourceDiscoveryAssociationId ?? "",
  ...tagsMember,
  filters: pathFilters<IpamResourceDiscoveryAssociation>()({
    "ipam-arn": "IpamArn",
    "ipam-id": "IpamId",
    "ipam-region": "IpamRegion",
    "ipam-resource-discovery-association-arn": "IpamResourceDiscoveryAssociationArn",
    "ipam-resource-discovery-association-id": "IpamResourceDiscoveryAssociationId",
    "ipam-resource-discovery-id": "IpamResourceDiscoveryId",
    "is-default": "IsDefault",
    "owner-id": "OwnerId",
    "resource-discovery-status": "ResourceDiscoveryStatus",
    state: "State",
  }),
  columnFilters: { "ipam-resource-discovery-association-id": "id" },
  malformed: (id) => malformed("InvalidIpamResourceDiscoveryAssociationId.Malformed", id, "ipam-res-disco-assoc"),
  notFound: (ids) =>
    notFound("InvalidIpamResourceDiscoveryAssociationId.NotFound", "ipam resource discovery association ID", ids),
};
