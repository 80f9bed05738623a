import type { Tag, TransitGateway } from "@aws-sdk/client-ec2";
import { removeInterface } from "./interface-attachments.ts";
import { insertTagged } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { findResource, listResources, updateResource } from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import type { Scope } from "./scope.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { associate, propagate, transitGatewayRouteTables } from "./transit-gateway-route-tables.ts";
import { transitGateways } from "./transit-gateways.ts";

type AttachmentPlan = Pick<
  StoredAttachment,
  "ResourceType" | "ResourceId" | "Vpc" | "Connect" | "Peering" | "State"
> & {
  readonly tags?: readonly Tag[];
};

/** Adds an attachment; unless it is a peering, it is of the gateway's default route tables from the start. */
export async function attachToTransitGateway(
  scope: Scope,
  gateway: TransitGateway,
  { tags, ...plan }: AttachmentPlan,
): Promise<StoredAttachment> {
  const attachment: StoredAttachment = {
    TransitGatewayAttachmentId: scope.newId("tgw-attach"),
    TransitGatewayId: gateway.TransitGatewayId,
    TransitGatewayOwnerId: gateway.OwnerId,
    ResourceOwnerId: scope.accountId,
    CreationTime: scope.now(),
    ...plan,
    State: plan.State ?? "available",
  };
  const made = await insertTagged(scope, transitGatewayAttachments, attachment, tags);
  const { Options } = gateway;
  const isPeering = plan.ResourceType === "peering";
  if (!isPeering && Options?.DefaultRouteTableAssociation === "enable") {
    const table = await findResource(scope, transitGatewayRouteTables, Options.AssociationDefaultRouteTableId ?? "");
    if (table !== undefined) made.Association = await associate(scope, table, attachment);
  }
  if (!isPeering && Options?.DefaultRouteTablePropagation === "enable") {
    const table = await findResource(scope, transitGatewayRouteTables, Options.PropagationDefaultRouteTableId ?? "");
    if (table !== undefined) await propagate(scope, table, attachment);
  }
  return made;
}

/** Deletes an attachment: the route tables forget it, routes through it lead nowhere, its interfaces go. */
export async function detachFromTransitGateway(scope: Scope, attachment: StoredAttachment): Promise<void> {
  const id = transitGatewayAttachments.idOf(attachment);
  const gatewayId = attachment.TransitGatewayId ?? "";
  for (const table of await listResources(scope, transitGatewayRouteTables, { transit_gateway_id: gatewayId })) {
    table.Associated = table.Associated.filter((one) => one !== id);
    table.Propagated = table.Propagated.filter((one) => one !== id);
    for (const route of table.Routes) if (route.attachmentId === id) route.isBlackhole = true;
    await updateResource(scope, transitGatewayRouteTables, table);
  }
  for (const interfaceId of attachment.Vpc?.InterfaceIds ?? []) {
    const networkInterface = await findResource(scope, networkInterfaces, interfaceId);
    if (networkInterface !== undefined) await removeInterface(scope, networkInterface);
  }
  if (attachment.ResourceType === "vpc") await setStateOfRoutesTo(scope, gatewayId, "blackhole", attachment.ResourceId);
  attachment.State = "deleted";
  attachment.EndedAt = scope.now().toISOString();
  delete attachment.Association;
  await updateResource(scope, transitGatewayAttachments, attachment);
}

/** @throws AwsError for one that is not there, or deleted */
export async function getTransitGateway(scope: Scope, id: string): Promise<TransitGateway> {
  const gateway = await findResource(scope, transitGateways, id);
  if (gateway === undefined || gateway.State === "deleted") throw transitGateways.notFound([id]);
  return gateway;
}
