import { AwsError } from "../../aws/aws-error.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { findResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeOf } from "./scope.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

/** A new volume is `creating` until `bring` has its bytes there, and `error` from then on when it fails. */
export async function fillVolume(ctx: Context, volumeId: string, bring: () => Promise<void>): Promise<void> {
  try {
    await bring();
  } catch (error) {
    await endCreation(ctx, volumeId, "error");
    throw error;
  }
  await endCreation(ctx, volumeId, "available");
}

/** After a start nobody brings the bytes of what was `creating` when LocalAWS ended. */
export async function failUnfinishedVolumes(services: ServiceContext): Promise<void> {
  const unfinished = await services.db
    .selectFrom("ec2_volumes")
    .select(["id", "account_id", "region"])
    .where("data", "like", '%"State":"creating"%')
    .execute();
  for (const { id, account_id: accountId, region } of unfinished) {
    await endCreation(scopeOf(services, { accountId, region }), id, "error");
  }
}

/** @throws AwsError for a volume whose bytes are not there, or will not be */
export function checkFilled({ VolumeId, State }: StoredVolume): void {
  if (State !== "creating" && State !== "error") return;
  throw new AwsError("IncorrectState", `Volume '${VolumeId}' is in the '${State}' state.`);
}

async function endCreation(ctx: Scope, volumeId: string, state: "available" | "error"): Promise<void> {
  await inTransaction(ctx, async (scope) => {
    const volume = await findResource(scope, volumes, volumeId);
    if (volume?.State === "creating") await updateResource(scope, volumes, { ...volume, State: state });
  });
}
