import { carrierGateways } from "./carrier-gateways.ts";
import { egressOnlyGateways } from "./egress-only-gateways.ts";
import { dependencyViolation, dryRunOperation } from "./errors.ts";
import { internetGateways } from "./internet-gateways.ts";
import { releaseAllocationsOf } from "./ipam-allocations.ts";
import { networkAcls } from "./network-acls.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { peeringConnections } from "./peering-connections.ts";
import { deleteResources, listResources, type Resource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import type { Scope } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { rulesOfGroups, securityGroupRules } from "./stored-rules.ts";
import { subnets } from "./subnets.ts";
import { vpcEndpoints } from "./vpc-endpoints.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";
import { vpnGateways } from "./vpn-gateways.ts";

/** Removes a VPC with its main route table, default ACL and default group. @throws AwsError when it has anything else */
export async function removeVpc(scope: Scope, vpc: StoredVpc, dryRun: boolean): Promise<void> {
  const id = vpcs.idOf(vpc);
  const inVpc = { vpc_id: id };
  const tables = await listResources(scope, routeTables, inVpc);
  const acls = await listResources(scope, networkAcls, inVpc);
  const groups = await listResources(scope, securityGroups, inVpc);
  const blocked =
    tables.some((table) => table.Associations?.some(({ Main }) => Main === true) !== true) ||
    acls.some((acl) => acl.IsDefault !== true) ||
    groups.some((group) => group.GroupName !== "default") ||
    (await hasAny(scope, subnets, id)) ||
    (await hasAny(scope, networkInterfaces, id)) ||
    (await hasAny(scope, carrierGateways, id)) ||
    (await listResources(scope, vpcEndpoints, inVpc)).some(({ EndedAt }) => EndedAt === undefined) ||
    (await isAttached(scope, id));
  if (blocked) throw dependencyViolation(`The vpc '${id}' has dependencies and cannot be deleted.`);
  if (dryRun) throw dryRunOperation();
  const rules = await rulesOfGroups(scope, groups.map(securityGroups.idOf));
  await deleteResources(scope, securityGroupRules, rules.map(securityGroupRules.idOf));
  await deleteResources(scope, securityGroups, groups.map(securityGroups.idOf));
  await deleteResources(scope, networkAcls, acls.map(networkAcls.idOf));
  await deleteResources(scope, routeTables, tables.map(routeTables.idOf));
  await releaseAllocationsOf(scope, id);
  await deleteResources(scope, vpcs, [id]);
}

async function hasAny<Shape>(scope: Scope, resource: Resource<Shape>, vpcId: string): Promise<boolean> {
  return (await listResources(scope, resource, { vpc_id: vpcId })).length > 0;
}

/** Gateways and peering connections are attached to a VPC; they are not in it. */
async function isAttached(scope: Scope, vpcId: string): Promise<boolean> {
  const gateways = [
    ...(await listResources(scope, internetGateways)).flatMap(({ Attachments }) => Attachments ?? []),
    ...(await listResources(scope, egressOnlyGateways)).flatMap(({ Attachments }) => Attachments ?? []),
    ...(await listResources(scope, vpnGateways)).flatMap(({ VpcAttachments }) =>
      (VpcAttachments ?? []).filter(({ State }) => State !== "detached"),
    ),
  ];
  if (gateways.some((attachment) => attachment.VpcId === vpcId)) return true;
  const peerings = await listResources(scope, peeringConnections);
  return peerings.some(
    (peering) =>
      peering.Status?.Code === "active" &&
      (peering.RequesterVpcInfo?.VpcId === vpcId || peering.AccepterVpcInfo?.VpcId === vpcId),
  );
}
