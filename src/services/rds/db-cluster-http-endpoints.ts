import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { changeCluster, clusterFamily, engineOfCluster } from "./db-cluster-rows.ts";
import { resourceNotFound } from "./errors.ts";
import { findNamed } from "./named-resources.ts";
import { requireHttpEndpoint } from "./new-db-cluster.ts";

export const dbClusterHttpEndpoints = {
  async EnableHttpEndpoint(ctx, input) {
    return await setHttpEndpoint(ctx, input.ResourceArn ?? "", true);
  },

  async DisableHttpEndpoint(ctx, input) {
    return await setHttpEndpoint(ctx, input.ResourceArn ?? "", false);
  },
} satisfies Operations<typeof Rds, Context>;

async function setHttpEndpoint(ctx: Context, arn: string, enabled: boolean) {
  const resource = parseRdsArn(ctx, arn);
  const cluster = resource?.type === "cluster" && (await findNamed(ctx, clusterFamily, resource.name));
  if (!cluster) throw resourceNotFound(`Resource ${arn} not found.`);
  requireHttpEndpoint(ctx, enabled, engineOfCluster(cluster));
  await changeCluster(ctx, cluster.resourceId, (before) => ({
    ...before,
    settings: { ...before.settings, HttpEndpointEnabled: enabled },
  }));
  return { ResourceArn: arn, HttpEndpointEnabled: enabled };
}
