import type { ResourceType } from "@aws-sdk/client-ec2";
import { resourceIdPrefix } from "../../aws/resource-id.ts";
import { elasticAddresses } from "./addresses.ts";
import { capacityReservationFleets } from "./capacity-reservation-fleets.ts";
import { capacityReservations } from "./capacity-reservations.ts";
import { carrierGateways } from "./carrier-gateways.ts";
import { clientVpnEndpoints } from "./client-vpn.ts";
import { customerGateways } from "./customer-gateways.ts";
import { dedicatedHosts } from "./dedicated-hosts.ts";
import { dhcpOptions } from "./dhcp-options.ts";
import { egressOnlyGateways } from "./egress-only-gateways.ts";
import { endpointServices } from "./endpoint-services.ts";
import { invalidAmiIdNotFound, invalidId } from "./errors.ts";
import { fleets } from "./fleets.ts";
import { flowLogs } from "./flow-logs.ts";
import { catalogue } from "./image-catalogue.ts";
import { imageUsageReports } from "./image-usage-reports.ts";
import { instanceConnectEndpoints } from "./instance-connect-endpoints.ts";
import { instanceEventWindows } from "./instance-event-windows.ts";
import { instances } from "./instances.ts";
import { internetGateways } from "./internet-gateways.ts";
import { ipamDiscoveries, ipamDiscoveryAssociations, ipamPools, ipamScopes, ipams } from "./ipams.ts";
import { keyPairs } from "./key-pairs.ts";
import { launchTemplates } from "./launch-templates.ts";
import { natGateways } from "./nat-gateways.ts";
import { networkAcls } from "./network-acls.ts";
import { networkInsightsAnalyses } from "./network-insights-analyses.ts";
import { networkInsightsPaths } from "./network-insights-paths.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { peeringConnections } from "./peering-connections.ts";
import { placementGroups } from "./placement-groups.ts";
import { prefixLists } from "./prefix-lists.ts";
import { findResource, getResource, type Resource } from "./resource.ts";
import { rootVolumeTasks } from "./root-volume-tasks.ts";
import { routeServerEndpoints, routeServerPeers, routeServers } from "./route-servers.ts";
import { routeTables } from "./route-tables.ts";
import type { Scope } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { snapshots } from "./snapshots.ts";
import { spotFleetRequests } from "./spot-fleets.ts";
import { spotInstanceRequests } from "./spot-requests.ts";
import { images } from "./stored-images.ts";
import { securityGroupRules } from "./stored-rules.ts";
import { subnetCidrReservations } from "./subnet-reservations.ts";
import { subnets } from "./subnets.ts";
import { trafficMirrorFilters } from "./traffic-mirror-filters.ts";
import { trafficMirrorFilterRules } from "./traffic-mirror-rules.ts";
import { trafficMirrorSessions } from "./traffic-mirror-sessions.ts";
import { trafficMirrorTargets } from "./traffic-mirror-targets.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { connectPeers } from "./transit-gateway-connect-peers.ts";
import { multicastDomains } from "./transit-gateway-multicast.ts";
import { policyTables } from "./transit-gateway-policy-tables.ts";
import { transitGatewayRouteTables } from "./transit-gateway-route-tables.ts";
import { transitGateways } from "./transit-gateways.ts";
import { accessEndpoints, accessGroups, accessInstances, trustProviders } from "./verified-access.ts";
import { volumes } from "./volumes.ts";
import { publicAccessExclusions } from "./vpc-block-public-access.ts";
import { vpcEndpoints } from "./vpc-endpoints.ts";
import { vpcs } from "./vpcs.ts";
import { vpnConnections } from "./vpn-connections.ts";
import { vpnGateways } from "./vpn-gateways.ts";

/** A resource family without its shape: enough to look an id up. */
interface Family {
  readonly type: ResourceType;
  readonly prefix: string;
  check(scope: Scope, id: string): Promise<void>;
}

const families: readonly Family[] = [
  family(instances),
  family(keyPairs),
  family(volumes),
  family(rootVolumeTasks),
  family(snapshots),
  family(networkInterfaces),
  family(securityGroups),
  family(securityGroupRules),
  family(vpcs),
  family(subnets),
  family(routeTables),
  family(networkAcls),
  family(internetGateways),
  family(dhcpOptions),
  family(capacityReservationFleets),
  family(capacityReservations),
  family(dedicatedHosts),
  family(launchTemplates),
  family(placementGroups),
  family(spotInstanceRequests),
  family(instanceEventWindows),
  family(fleets),
  family(spotFleetRequests),
  family(carrierGateways),
  family(customerGateways),
  family(egressOnlyGateways),
  family(endpointServices),
  family(flowLogs),
  family(elasticAddresses),
  family(ipamPools),
  family(ipamScopes),
  family(ipams),
  family(natGateways),
  family(peeringConnections),
  family(prefixLists),
  family(subnetCidrReservations),
  family(trafficMirrorFilterRules),
  family(trafficMirrorFilters),
  family(trafficMirrorSessions),
  family(trafficMirrorTargets),
  family(transitGatewayAttachments),
  family(networkInsightsAnalyses),
  family(networkInsightsPaths),
  family(clientVpnEndpoints),
  family(connectPeers),
  family(multicastDomains),
  family(policyTables),
  family(transitGatewayRouteTables),
  family(transitGateways),
  family(vpcEndpoints),
  family(instanceConnectEndpoints),
  family(publicAccessExclusions),
  family(routeServerEndpoints),
  family(routeServerPeers),
  family(routeServers),
  family(ipamDiscoveries),
  family(imageUsageReports),
  family(ipamDiscoveryAssociations),
  family(accessEndpoints),
  family(accessGroups),
  family(accessInstances),
  family(trustProviders),
  family(vpnConnections),
  family(vpnGateways),
  // An account may tag images that it does not own; only itself sees those tags.
  { type: "image", prefix: "ami", check: checkImage },
];

/** The type of what an id names. @throws AwsError `InvalidID` for no id of ours, the family's NotFound */
export async function taggableType(scope: Scope, id: string): Promise<ResourceType> {
  const prefix = resourceIdPrefix(id) ?? id.split("-")[0];
  const found = families.find((candidate) => candidate.prefix === prefix);
  if (found === undefined) throw invalidId(id);
  await found.check(scope, id);
  return found.type;
}

function family<Shape>(resource: Resource<Shape>): Family {
  return {
    type: resource.type,
    prefix: resource.prefix,
    async check(scope, id) {
      await getResource(scope, resource, id);
    },
  };
}

async function checkImage(scope: Scope, id: string): Promise<void> {
  if (catalogue.some(({ image }) => image.ImageId === id)) return;
  if ((await findResource(scope, images, id)) === undefined) throw invalidAmiIdNotFound([id]);
}
