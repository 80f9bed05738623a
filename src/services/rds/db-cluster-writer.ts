import type { ServiceContext } from "../service-context.ts";
import { type ClusterDocument, changeCluster } from "./db-cluster-rows.ts";
import { sizeOfClass } from "./db-instance-classes.ts";
import { type DbInstanceRow, readDocument } from "./db-instance-rows.ts";

/** The class of a cluster's server as long as it has no members: the smallest of Aurora's. */
const smallestClass = "db.t4g.medium";

/** An ACU: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html */
const acuBytes = 2 * 1024 ** 3;

/** A cluster's server has the size of its writer, or what it may scale to. */
export function serverSizeOf({ settings }: ClusterDocument, ofWriter?: string) {
  const dbInstanceClass = ofWriter ?? settings.DBClusterInstanceClass ?? smallestClass;
  if (dbInstanceClass !== "db.serverless") return sizeOfClass(dbInstanceClass);
  const { MaxCapacity = 1 } = settings.ServerlessV2ScalingConfiguration ?? {};
  return { memoryBytes: MaxCapacity * acuBytes, cpus: Math.max(1, Math.ceil(MaxCapacity / 4)) };
}

/**
 * Who becomes the writer first: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html
 * By promotion tier, then by size.
 */
export function byPromotion(a: DbInstanceRow, b: DbInstanceRow): number {
  const [left, right] = [readDocument(a), readDocument(b)];
  const tiers = (left.PromotionTier ?? 1) - (right.PromotionTier ?? 1);
  return tiers || sizeOfClass(right.DBInstanceClass).memoryBytes - sizeOfClass(left.DBInstanceClass).memoryBytes;
}

/** Gives a cluster's server the size of its writer, for which it starts anew where it has to. @throws DatabaseLaunchError */
export async function resizeServer(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  writer: DbInstanceRow,
): Promise<void> {
  const size = serverSizeOf(cluster, readDocument(writer).DBInstanceClass);
  if (cluster.size?.memoryBytes === size.memoryBytes && cluster.size.cpus === size.cpus) return;
  await ctx.databases.change(cluster.resourceId, size);
  await changeCluster(ctx, cluster.resourceId, (before) => ({ ...before, size }));
}
