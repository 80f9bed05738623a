import type { Ipam, IpamResourceDiscovery, IpamResourceDiscoveryAssociation } from "@aws-sdk/client-ec2";
import { ipamDiscoveries, ipamDiscoveryAssociations } from "./ipams.ts";
import { deleteResources, insertResource, listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** An IPAM looks for resources of its own account from the start. */
export async function insertDefaultDiscovery(scope: Scope, ipam: Ipam): Promise<void> {
  const discovery = newDiscovery(scope, { isDefault: true, regions: ipam.OperatingRegions, description: "" });
  const association = newAssociation(scope, ipam, discovery);
  ipam.DefaultResourceDiscoveryId = discovery.IpamResourceDiscoveryId;
  ipam.DefaultResourceDiscoveryAssociationId = association.IpamResourceDiscoveryAssociationId;
  await insertResource(scope, ipamDiscoveries, discovery);
  await insertResource(scope, ipamDiscoveryAssociations, association);
}

/** With its IPAM, its own discovery goes, and all associations. */
export async function removeDiscoveriesOf(scope: Scope, ipam: Ipam): Promise<void> {
  const associations = (await listResources(scope, ipamDiscoveryAssociations)).filter(
    ({ IpamId }) => IpamId === ipam.IpamId,
  );
  await deleteResources(scope, ipamDiscoveryAssociations, associations.map(ipamDiscoveryAssociations.idOf));
  if (ipam.DefaultResourceDiscoveryId) await deleteResources(scope, ipamDiscoveries, [ipam.DefaultResourceDiscoveryId]);
}

export function newDiscovery(
  scope: Scope,
  plan: { isDefault: boolean; regions: IpamResourceDiscovery["OperatingRegions"]; description: string },
): IpamResourceDiscovery {
  const IpamResourceDiscoveryId = scope.newId("ipam-res-disco");
  return {
    IpamResourceDiscoveryId,
    OwnerId: scope.accountId,
    IpamResourceDiscoveryArn: `arn:aws:ec2::${scope.accountId}:ipam-resource-discovery/${IpamResourceDiscoveryId}`,
    IpamResourceDiscoveryRegion: scope.region,
    Description: plan.description,
    OperatingRegions: plan.regions,
    IsDefault: plan.isDefault,
    State: "create-complete",
  };
}

export function newAssociation(
  scope: Scope,
  ipam: Ipam,
  discovery: IpamResourceDiscovery,
): IpamResourceDiscoveryAssociation {
  const id = scope.newId("ipam-res-disco-assoc");
  return {
    IpamResourceDiscoveryAssociationId: id,
    OwnerId: scope.accountId,
    IpamResourceDiscoveryAssociationArn: `arn:aws:ec2::${scope.accountId}:ipam-resource-discovery-association/${id}`,
    IpamResourceDiscoveryId: discovery.IpamResourceDiscoveryId,
    IpamId: ipam.IpamId,
    IpamArn: ipam.IpamArn,
    IpamRegion: ipam.IpamRegion,
    IsDefault: discovery.IsDefault,
    ResourceDiscoveryStatus: "active",
    State: "associate-complete",
  };
}
