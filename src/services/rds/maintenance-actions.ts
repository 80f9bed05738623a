import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { clusterFamily } from "./db-cluster-rows.ts";
import { findRow } from "./db-instance-rows.ts";
import { invalidParameterValue, resourceNotFound } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { findNamed } from "./named-resources.ts";
import { page } from "./pages.ts";

const actions = ["ca-certificate-rotation", "db-upgrade", "hardware-maintenance", "os-upgrade", "system-update"];
const optIns = ["immediate", "next-maintenance", "undo-opt-in"];

/** Nobody maintains these servers but their owner: no action is ever pending. */
export const maintenanceActions = {
  async DescribePendingMaintenanceActions(ctx, input) {
    filterValues(input.Filters, ["db-cluster-id", "db-instance-id"]);
    if (input.ResourceIdentifier) await requireMaintained(ctx, input.ResourceIdentifier);
    const { items, marker } = page([], { ...input, kind: "maintenance-actions" }, () => "");
    return { PendingMaintenanceActions: items, Marker: marker };
  },

  async ApplyPendingMaintenanceAction(ctx, input) {
    const { ResourceIdentifier = "", ApplyAction = "", OptInType = "" } = input;
    if (!actions.includes(ApplyAction)) throw invalidParameterValue(`Invalid maintenance action: ${ApplyAction}`);
    if (!optIns.includes(OptInType)) throw invalidParameterValue(`Invalid opt-in type: ${OptInType}`);
    await requireMaintained(ctx, ResourceIdentifier);
    throw resourceNotFound(`There is no pending maintenance action ${ApplyAction} for ${ResourceIdentifier}.`);
  },
} satisfies Operations<typeof Rds, Context>;

/** An instance or a cluster, by its ARN. @throws ResourceNotFoundFault */
async function requireMaintained(ctx: Context, arn: string): Promise<void> {
  const resource = parseRdsArn(ctx, arn);
  if (resource?.type === "db" && (await findRow(ctx, resource.name)) !== undefined) return;
  if (resource?.type === "cluster" && (await findNamed(ctx, clusterFamily, resource.name)) !== undefined) return;
  throw resourceNotFound(`The specified resource was not found: ${arn}`);
}
