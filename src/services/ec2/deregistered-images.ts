import { AwsError } from "../../aws/aws-error.ts";
import type { Scope } from "./scope.ts";

/** AWS knows the ids of images that are no more from those that never were: decision 0166. */
export async function rememberDeregistered(scope: Scope, id: string): Promise<void> {
  await scope.db
    .insertInto("ec2_deregistered_images")
    .values({ id, account_id: scope.accountId, region: scope.region, sort_key: id, data: "{}" })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** @throws AwsError `InvalidAMIID.Unavailable` for an image that the account has deregistered */
export async function checkNotDeregistered(scope: Scope, id: string): Promise<void> {
  const row = await scope.db
    .selectFrom("ec2_deregistered_images")
    .select("id")
    .where("id", "=", id)
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .executeTakeFirst();
  if (row === undefined) return;
  throw new AwsError("InvalidAMIID.Unavailable", `The image ID '${id}' is no longer available`);
}

/** Those of the ids that are or have been an image of anybody's in the region. */
export async function everImages(scope: Scope, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const table of ["ec2_images", "ec2_deregistered_images"] as const) {
    const rows = await scope.db
      .selectFrom(table)
      .select("id")
      .where("id", "in", [...ids])
      .where("region", "=", scope.region)
      .execute();
    for (const { id } of rows) known.add(id);
  }
  return known;
}
