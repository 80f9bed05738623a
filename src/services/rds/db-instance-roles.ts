import type * as Rds from "@aws-sdk/client-rds";
import type { DBInstanceRole } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { isSameRole, requireRole } from "./db-cluster-roles.ts";
import { changeDocument } from "./db-instance-rows.ts";
import { requireDbInstance } from "./db-instances.ts";
import {
  dbInstanceRoleAlreadyExists,
  dbInstanceRoleNotFound,
  invalidDbInstanceState,
  mustBeProvided,
} from "./errors.ts";

/** What RDS for PostgreSQL can do with a role: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL_Integration.html */
const features = ["s3Import", "s3Export", "Lambda"];

/** Roles are kept, and not used. */
export const dbInstanceRoles = {
  async AddRoleToDBInstance(ctx, input) {
    await changeRoles(ctx, input, (roles, role, name) => {
      if (roles.some((other) => isSameRole(other, role))) {
        throw dbInstanceRoleAlreadyExists(`Role ARN ${role.RoleArn} already exists for instance: ${name}.`);
      }
      return [...roles, { ...role, Status: "ACTIVE" }];
    });
    return {};
  },

  async RemoveRoleFromDBInstance(ctx, input) {
    await changeRoles(ctx, input, (roles, role, name) => {
      if (!roles.some((other) => isSameRole(other, role))) {
        throw dbInstanceRoleNotFound(`Role ARN ${role.RoleArn} cannot be found for DB instance: ${name}.`);
      }
      return roles.filter((other) => !isSameRole(other, role));
    });
    return {};
  },
} satisfies Operations<typeof Rds, Context>;

async function changeRoles(
  ctx: Context,
  input: Rds.AddRoleToDBInstanceMessage,
  change: (roles: DBInstanceRole[], role: DBInstanceRole, name: string) => DBInstanceRole[],
): Promise<void> {
  const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
  if (!input.FeatureName) throw mustBeProvided("FeatureName");
  const role = requireRole(input, features);
  const { db_instance_identifier: name, db_instance_status: status } = row;
  if (status !== "available")
    throw invalidDbInstanceState(`The DB instance ${name} is not available: it is ${status}.`);
  await changeDocument(ctx, row.dbi_resource_id, (document) => ({
    ...document,
    AssociatedRoles: change(document.AssociatedRoles ?? [], role, name),
  }));
}
