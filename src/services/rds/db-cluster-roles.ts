import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterRole } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeCluster } from "./db-cluster-rows.ts";
import { notAvailable } from "./db-clusters.ts";
import { dbClusterRoleAlreadyExists, dbClusterRoleNotFound, invalidParameterValue } from "./errors.ts";
import { requireCluster } from "./new-db-cluster-member.ts";

/** What Aurora PostgreSQL can do with a role: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Integrating.html */
const features: readonly string[] = ["s3Import", "s3Export", "Lambda", "SageMaker", "Comprehend", "Bedrock"];

export const dbClusterRoles = {
  async AddRoleToDBCluster(ctx, input) {
    const role = requireRole(input, features);
    await changeRoles(ctx, input.DBClusterIdentifier, (roles, name) => {
      if (roles.some((other) => isSameRole(other, role))) {
        throw dbClusterRoleAlreadyExists(`Role ARN ${role.RoleArn} already exists for cluster: ${name}.`);
      }
      return [...roles, { ...role, Status: "ACTIVE" }];
    });
    return {};
  },

  async RemoveRoleFromDBCluster(ctx, input) {
    const role = requireRole(input, features);
    await changeRoles(ctx, input.DBClusterIdentifier, (roles, name) => {
      if (!roles.some((other) => isSameRole(other, role))) {
        throw dbClusterRoleNotFound(`Role ARN ${role.RoleArn} cannot be found for DB Cluster: ${name}.`);
      }
      return roles.filter((other) => !isSameRole(other, role));
    });
    return {};
  },
} satisfies Operations<typeof Rds, Context>;

/** One without a feature name is another than one with it. */
export function isSameRole(a: DBClusterRole, b: DBClusterRole): boolean {
  return a.RoleArn === b.RoleArn && (a.FeatureName ?? "") === (b.FeatureName ?? "");
}

/** @throws InvalidParameterValue, also for a feature that is none of `features` */
export function requireRole(
  { RoleArn = "", FeatureName = "" }: Pick<DBClusterRole, "RoleArn" | "FeatureName">,
  features: readonly string[],
): DBClusterRole {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(RoleArn)) {
    throw invalidParameterValue(`The ARN of the IAM role isn't valid: ${RoleArn}`);
  }
  if (FeatureName !== "" && !features.includes(FeatureName)) {
    throw invalidParameterValue(`The feature-name parameter must be one of: ${features.join(", ")}.`);
  }
  return { RoleArn, ...(FeatureName === "" ? {} : { FeatureName }) };
}

async function changeRoles(
  ctx: Context,
  identifier: string | undefined,
  change: (roles: DBClusterRole[], name: string) => DBClusterRole[],
): Promise<void> {
  const cluster = await requireCluster(ctx, identifier);
  if (cluster.status !== "available") throw notAvailable(cluster);
  await changeCluster(ctx, cluster.resourceId, ({ settings, ...before }) => ({
    ...before,
    settings: { ...settings, AssociatedRoles: change(settings.AssociatedRoles ?? [], before.name) },
  }));
}
