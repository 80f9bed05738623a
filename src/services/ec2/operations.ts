import type { AnyOperation } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { accountAttributeOperations } from "./account-attributes.ts";
import { accountSettingOperations } from "./account-settings-operations.ts";
import { addressAllocationOperations } from "./address-allocation.ts";
import { addressAssociationOperations } from "./address-association.ts";
import { addressAttributeOperations } from "./address-attributes.ts";
import { allowedImageOperations } from "./allowed-images.ts";
import { capacityReservationFleetOperations } from "./capacity-reservation-fleets.ts";
import { capacityReservationMoveOperations } from "./capacity-reservation-moves.ts";
import { capacityReservationOperations } from "./capacity-reservations.ts";
import { carrierGatewayOperations } from "./carrier-gateways.ts";
import { classicLinkOperations } from "./classic-link.ts";
import { clientVpnEndpointOperations } from "./client-vpn-endpoints.ts";
import { clientVpnNetworkOperations } from "./client-vpn-networks.ts";
import { clientVpnRuleOperations } from "./client-vpn-rules.ts";
import { customerGatewayOperations } from "./customer-gateways.ts";
import { followDatabases } from "./database-interfaces.ts";
import { dedicatedHostOperations } from "./dedicated-hosts.ts";
import { initializeRegion } from "./default-vpc.ts";
import { dhcpOptionsOperations } from "./dhcp-options.ts";
import { dhcpOptionsLifecycleOperations } from "./dhcp-options-lifecycle.ts";
import { ebsEncryptionOperations } from "./ebs-encryption.ts";
import { egressOnlyGatewayOperations } from "./egress-only-gateways.ts";
import { endpointConnectionOperations } from "./endpoint-connections.ts";
import { endpointNotificationOperations } from "./endpoint-notifications.ts";
import { endpointServiceOperations } from "./endpoint-service-operations.ts";
import { fastSnapshotRestoreOperations } from "./fast-snapshot-restores.ts";
import { fleetOperations } from "./fleets.ts";
import { flowLogOperations } from "./flow-logs.ts";
import { iamInstanceProfileOperations } from "./iam-instance-profiles.ts";
import { imageAttributeOperations } from "./image-attributes.ts";
import { imageLifecycleOperations } from "./image-lifecycle.ts";
import { imageTaskOperations } from "./image-tasks.ts";
import { imageUsageOperations } from "./image-usage.ts";
import { imageUsageReportOperations } from "./image-usage-reports.ts";
import { imageOperations } from "./images.ts";
import { instanceAttributeOperations } from "./instance-attributes.ts";
import { instanceConnectEndpointOperations } from "./instance-connect-endpoints.ts";
import { instanceDefaultOperations } from "./instance-defaults.ts";
import { instanceDiagnosticOperations } from "./instance-diagnostics.ts";
import { instanceEventWindowOperations } from "./instance-event-windows.ts";
import { arriveAtOnce } from "./instance-machines.ts";
import { instanceModificationOperations } from "./instance-modifications.ts";
import { instanceRequirementOperations } from "./instance-requirements.ts";
import { instanceStateOperations } from "./instance-states.ts";
import { instanceStatusOperations } from "./instance-status.ts";
import { instanceTypeOperations } from "./instance-types.ts";
import { instanceOperations } from "./instances.ts";
import { interfaceAddressOperations } from "./interface-address-operations.ts";
import { interfaceAttributeOperations } from "./interface-attributes.ts";
import { interfaceLifecycleOperations } from "./interface-lifecycle.ts";
import { interfacePermissionOperations } from "./interface-permissions.ts";
import { internetGatewayOperations } from "./internet-gateways.ts";
import { ipamAllocationOperations } from "./ipam-allocation-operations.ts";
import { ipamDiscoveryOperations } from "./ipam-discovery-operations.ts";
import { ipamOperations } from "./ipam-lifecycle.ts";
import { ipamPoolOperations } from "./ipam-pool-lifecycle.ts";
import { ipamResourceOperations } from "./ipam-resource-operations.ts";
import { keyPairOperations } from "./key-pairs.ts";
import { launchTemplateOfInstanceOperations } from "./launch-template-of-instance.ts";
import { launchTemplateVersionOperations } from "./launch-template-versions.ts";
import { launchTemplateOperations } from "./launch-templates.ts";
import { refreshPacketRules } from "./machine-network.ts";
import { natGatewayAddressOperations } from "./nat-gateway-addresses.ts";
import { natGatewayOperations } from "./nat-gateway-lifecycle.ts";
import { networkAclLifecycleOperations } from "./network-acl-lifecycle.ts";
import { networkAclOperations } from "./network-acls.ts";
import { networkAnalysisOperations } from "./network-analysis.ts";
import { networkInsightsAnalysisOperations } from "./network-insights-analyses.ts";
import { networkInsightsPathOperations } from "./network-insights-paths.ts";
import { networkInterfaceOperations } from "./network-interfaces.ts";
import { networkPerformanceOperations } from "./network-performance.ts";
import { outpostOperations } from "./outposts.ts";
import { peeringOperations } from "./peering-lifecycle.ts";
import { placementGroupOperations } from "./placement-groups.ts";
import { prefixListOperations } from "./prefix-list-operations.ts";
import { purchaseOperations } from "./purchases.ts";
import { recycleBinOperations } from "./recycle-bin.ts";
import { regionOperations } from "./regions.ts";
import { restoreImageOperations } from "./restored-images.ts";
import { rootVolumeTaskOperations } from "./root-volume-task-operations.ts";
import { routeServerOperations } from "./route-server-operations.ts";
import { routeServerPeerOperations } from "./route-server-peers.ts";
import { routeTableLifecycleOperations } from "./route-table-lifecycle.ts";
import { routeTableOperations } from "./route-tables.ts";
import { routeOperations } from "./routes.ts";
import { runInstancesOperations } from "./run-instances.ts";
import { securityGroupAssociationOperations } from "./security-group-associations.ts";
import { securityGroupReferenceOperations } from "./security-group-references.ts";
import { securityGroupRuleChangeOperations } from "./security-group-rule-changes.ts";
import { securityGroupRuleOperations } from "./security-group-rules.ts";
import { securityGroupOperations } from "./security-groups.ts";
import { snapshotAttributeOperations } from "./snapshot-attributes.ts";
import { snapshotLifecycleOperations } from "./snapshot-lifecycle.ts";
import { snapshotOperations } from "./snapshots.ts";
import { specialHardwareOperations } from "./special-hardware.ts";
import { spotFleetOperations } from "./spot-fleets.ts";
import { spotMarketOperations } from "./spot-market.ts";
import { spotPlacementScoreOperations } from "./spot-placement-scores.ts";
import { spotRequestOperations } from "./spot-request-operations.ts";
import { storeImageOperations } from "./store-image-tasks.ts";
import { subnetAttributeOperations } from "./subnet-attributes.ts";
import { subnetLifecycleOperations } from "./subnet-lifecycle.ts";
import { subnetReservationOperations } from "./subnet-reservation-operations.ts";
import { subnetOperations } from "./subnets.ts";
import { tagOperations } from "./tags.ts";
import { trafficMirrorFilterOperations } from "./traffic-mirror-filters.ts";
import { trafficMirrorRuleOperations } from "./traffic-mirror-rule-operations.ts";
import { trafficMirrorSessionOperations } from "./traffic-mirror-session-operations.ts";
import { trafficMirrorTargetOperations } from "./traffic-mirror-targets.ts";
import { connectPeerOperations } from "./transit-gateway-connect-peer-operations.ts";
import { transitGatewayConnectOperations } from "./transit-gateway-connects.ts";
import { transitGatewayOperations } from "./transit-gateway-lifecycle.ts";
import { multicastDomainOperations } from "./transit-gateway-multicast-domains.ts";
import { multicastGroupOperations } from "./transit-gateway-multicast-groups.ts";
import { transitGatewayPeeringOperations } from "./transit-gateway-peering.ts";
import { policyTableOperations } from "./transit-gateway-policy-tables.ts";
import { transitGatewayPrefixListOperations } from "./transit-gateway-prefix-lists.ts";
import { transitGatewayRouteExportOperations } from "./transit-gateway-route-export.ts";
import { transitGatewayRouteTableOperations } from "./transit-gateway-route-table-lifecycle.ts";
import { transitGatewayRouteOperations } from "./transit-gateway-routes.ts";
import { transitGatewayVpcAttachmentOperations } from "./transit-gateway-vpc-attachments.ts";
import { trunkInterfaceOperations } from "./trunk-interfaces.ts";
import { accessEndpointOperations } from "./verified-access-endpoints.ts";
import { accessGroupOperations } from "./verified-access-groups.ts";
import { accessInstanceOperations } from "./verified-access-instances.ts";
import { trustProviderOperations } from "./verified-access-providers.ts";
import { volumeChangeOperations } from "./volume-changes.ts";
import { volumeCopyOperations } from "./volume-copies.ts";
import { volumeLifecycleOperations } from "./volume-lifecycle.ts";
import { volumeOperations } from "./volumes.ts";
import { vpcAttributeOperations } from "./vpc-attributes.ts";
import { vpcBlockPublicAccessOperations } from "./vpc-block-public-access.ts";
import { vpcCidrOperations } from "./vpc-cidrs.ts";
import { vpcEndpointOperations } from "./vpc-endpoint-lifecycle.ts";
import { vpcLifecycleOperations } from "./vpc-lifecycle.ts";
import { vpcOperations } from "./vpcs.ts";
import { vpnConnectionChangeOperations } from "./vpn-connection-changes.ts";
import { vpnConnectionOperations } from "./vpn-connection-lifecycle.ts";
import { vpnDeviceOperations } from "./vpn-devices.ts";
import { vpnGatewayOperations } from "./vpn-gateway-lifecycle.ts";

type AnyOperations = Readonly<Record<string, AnyOperation<Context>>>;

/** Every emulated operation, gathered from the family files. */
export const operations: AnyOperations = {
  ...regionOperations,
  ...instanceRequirementOperations,
  ...instanceTypeOperations,
  ...imageAttributeOperations,
  ...imageLifecycleOperations,
  ...imageOperations,
  ...outpostOperations,
  ...purchaseOperations,
  ...recycleBinOperations,
  ...specialHardwareOperations,
  ...classicLinkOperations,
  ...keyPairOperations,
  ...inInitializedRegion({
    ...imageTaskOperations,
    ...accountAttributeOperations,
    ...addressAllocationOperations,
    ...addressAssociationOperations,
    ...addressAttributeOperations,
    ...carrierGatewayOperations,
    ...dhcpOptionsLifecycleOperations,
    ...dhcpOptionsOperations,
    ...ebsEncryptionOperations,
    ...egressOnlyGatewayOperations,
    ...instanceAttributeOperations,
    ...instanceModificationOperations,
    ...instanceDefaultOperations,
    ...instanceDiagnosticOperations,
    ...instanceEventWindowOperations,
    ...fleetOperations,
    ...spotFleetOperations,
    ...accountSettingOperations,
    ...launchTemplateOfInstanceOperations,
    ...allowedImageOperations,
    ...imageUsageOperations,
    ...networkPerformanceOperations,
    ...instanceOperations,
    ...instanceStateOperations,
    ...instanceStatusOperations,
    ...interfaceAddressOperations,
    ...interfacePermissionOperations,
    ...internetGatewayOperations,
    ...ipamOperations,
    ...ipamPoolOperations,
    ...ipamAllocationOperations,
    ...natGatewayAddressOperations,
    ...natGatewayOperations,
    ...networkAclLifecycleOperations,
    ...networkAclOperations,
    ...networkInsightsPathOperations,
    ...networkInsightsAnalysisOperations,
    ...networkAnalysisOperations,
    ...capacityReservationFleetOperations,
    ...capacityReservationOperations,
    ...capacityReservationMoveOperations,
    ...dedicatedHostOperations,
    ...iamInstanceProfileOperations,
    ...launchTemplateOperations,
    ...launchTemplateVersionOperations,
    ...placementGroupOperations,
    ...spotRequestOperations,
    ...spotMarketOperations,
    ...routeOperations,
    ...routeTableLifecycleOperations,
    ...routeTableOperations,
    ...runInstancesOperations,
    ...securityGroupAssociationOperations,
    ...securityGroupReferenceOperations,
    ...securityGroupRuleChangeOperations,
    ...securityGroupRuleOperations,
    ...snapshotAttributeOperations,
    ...snapshotLifecycleOperations,
    ...snapshotOperations,
    ...subnetAttributeOperations,
    ...subnetReservationOperations,
    ...tagOperations,
    ...volumeChangeOperations,
    ...volumeCopyOperations,
    ...volumeLifecycleOperations,
    ...volumeOperations,
    ...vpcAttributeOperations,
    ...vpcCidrOperations,
    ...vpcOperations,
    ...clientVpnEndpointOperations,
    ...clientVpnNetworkOperations,
    ...clientVpnRuleOperations,
    ...customerGatewayOperations,
    ...endpointConnectionOperations,
    ...endpointNotificationOperations,
    ...endpointServiceOperations,
    ...vpnConnectionChangeOperations,
    ...flowLogOperations,
    ...peeringOperations,
    ...prefixListOperations,
    ...transitGatewayConnectOperations,
    ...connectPeerOperations,
    ...multicastDomainOperations,
    ...multicastGroupOperations,
    ...policyTableOperations,
    ...transitGatewayOperations,
    ...transitGatewayPeeringOperations,
    ...transitGatewayPrefixListOperations,
    ...transitGatewayRouteOperations,
    ...transitGatewayRouteExportOperations,
    ...transitGatewayRouteTableOperations,
    ...transitGatewayVpcAttachmentOperations,
    ...vpcEndpointOperations,
    ...trafficMirrorFilterOperations,
    ...trafficMirrorRuleOperations,
    ...trafficMirrorSessionOperations,
    ...trafficMirrorTargetOperations,
    ...vpnConnectionOperations,
    ...fastSnapshotRestoreOperations,
    ...instanceConnectEndpointOperations,
    ...vpcBlockPublicAccessOperations,
    ...vpnGatewayOperations,
    ...rootVolumeTaskOperations,
    ...routeServerOperations,
    ...routeServerPeerOperations,
    ...ipamDiscoveryOperations,
    ...ipamResourceOperations,
    ...storeImageOperations,
    ...imageUsageReportOperations,
    ...restoreImageOperations,
    ...vpnDeviceOperations,
    ...spotPlacementScoreOperations,
    ...trunkInterfaceOperations,
    ...accessEndpointOperations,
    ...accessGroupOperations,
    ...accessInstanceOperations,
    ...trustProviderOperations,
    ...withDatabases({
      ...interfaceAttributeOperations,
      ...interfaceLifecycleOperations,
      ...networkInterfaceOperations,
      ...securityGroupOperations,
      ...subnetLifecycleOperations,
      ...subnetOperations,
      ...vpcLifecycleOperations,
    }),
  }),
};

/**
 * These see the default VPC: a new account's region is given its own before the first of them runs. After those that change
 * something, so may which packets pass: by groups, rules, memberships, addresses, prefix lists.
 */
function inInitializedRegion(families: AnyOperations): AnyOperations {
  const wrapped = Object.entries(families).map(([name, operation]): [string, AnyOperation<Context>] => [
    name,
    async (ctx, input) => {
      await initializeRegion(ctx);
      // A termination cuts off what is under way.
      if (name !== "TerminateInstances") await arriveAtOnce(ctx, instancesNamed(input));
      const output = await operation(ctx, input);
      if (!/^(Describe|Export|Get|Search)/.test(name)) refreshPacketRules(ctx);
      return output;
    },
  ]);
  return Object.fromEntries(wrapped);
}

/** These see the interfaces of databases, or find what they hold in use. */
function withDatabases(families: AnyOperations): AnyOperations {
  const wrapped = Object.entries(families).map(([name, operation]): [string, AnyOperation<Context>] => [
    name,
    async (ctx, input) => {
      await followDatabases(ctx);
      return operation(ctx, input);
    },
  ]);
  return Object.fromEntries(wrapped);
}

/** The instances that a request is about, whatever its operation. */
function instancesNamed(input: Readonly<Record<string, unknown>>): string[] {
  const { InstanceId, InstanceIds } = input;
  return [InstanceId, ...(Array.isArray(InstanceIds) ? InstanceIds : [])].filter((id) => typeof id === "string");
}
