import type { TransitGatewayAttachmentAssociation, TransitGatewayRouteTable } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { malformed } from "./errors.ts";
import { getResource, type Resource, tagsMember, updateResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";

/** With the attachments that use it and that it learns of, and what was added by hand. */
export interface StoredTransitRouteTable extends TransitGatewayRouteTable, Ending {
  Associated: string[];
  Propagated: string[];
  Routes: StaticRoute[];
  PrefixLists: { prefixListId: string; attachmentId?: string | undefined }[];
}

export interface StaticRoute {
  readonly cidr: string;
  readonly attachmentId?: string | undefined;
  isBlackhole: boolean;
}

export const transitGatewayRouteTables: Resource<StoredTransitRouteTable> = {
  table: "ec2_transit_gateway_route_tables",
  prefix: "tgw-rtb",
  type: "transit-gateway-route-table",
  idOf: (table) => table.TransitGatewayRouteTableId ?? "",
  columnsOf: (table) => ({ transit_gateway_id: table.TransitGatewayId ?? "" }),
  dates: ["CreationTime"],
  ...tagsMember,
  filters: pathFilters<TransitGatewayRouteTable>()({
    "default-association-route-table": "DefaultAssociationRouteTable",
    "default-propagation-route-table": "DefaultPropagationRouteTable",
    state: "State",
    "transit-gateway-id": "TransitGatewayId",
    "transit-gateway-route-table-id": "TransitGatewayRouteTableId",
  }),
  columnFilters: { "transit-gateway-id": "transit_gateway_id", "transit-gateway-route-table-id": "id" },
  malformed: (id) => malformed("InvalidRouteTableId.Malformed", id, "tgw-rtb"),
  notFound: (ids) =>
    new AwsError(
      "InvalidRouteTableID.NotFound",
      `Transit Gateway Route Table ${ids.join(", ")} was deleted or does not exist.`,
    ),
};

/** @throws AwsError for one that is not there, or deleted */
export async function getTransitRouteTable(scope: Scope, id: string): Promise<StoredTransitRouteTable> {
  const table = await getResource(scope, transitGatewayRouteTables, id);
  if (table.State === "deleted") throw transitGatewayRouteTables.notFound([id]);
  return table;
}

/** An attachment uses one table. */
export async function associate(
  scope: Scope,
  table: StoredTransitRouteTable,
  attachment: StoredAttachment,
): Promise<TransitGatewayAttachmentAssociation> {
  table.Associated = [...table.Associated, transitGatewayAttachments.idOf(attachment)];
  await updateResource(scope, transitGatewayRouteTables, table);
  const Association = {
    TransitGatewayRouteTableId: table.TransitGatewayRouteTableId,
    State: "associated" as const,
  };
  attachment.Association = Association;
  await updateResource(scope, transitGatewayAttachments, attachment);
  return Association;
}

/** A table learns the ranges of an attachment. */
export async function propagate(
  scope: Scope,
  table: StoredTransitRouteTable,
  attachment: StoredAttachment,
): Promise<void> {
  table.Propagated = [...new Set([...table.Propagated, transitGatewayAttachments.idOf(attachment)])];
  await updateResource(scope, transitGatewayRouteTables, table);
}

export function newTransitRouteTable(
  scope: Scope,
  TransitGatewayId: string,
  isDefault: { association: boolean; propagation: boolean },
): StoredTransitRouteTable {
  return {
    TransitGatewayRouteTableId: scope.newId("tgw-rtb"),
    TransitGatewayId,
    State: "available",
    DefaultAssociationRouteTable: isDefault.association,
    DefaultPropagationRouteTable: isDefault.propagation,
    CreationTime: scope.now(),
    Associated: [],
    Propagated: [],
    Routes: [],
    PrefixLists: [],
  };
}
