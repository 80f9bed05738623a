import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { ReplicaRegionType } from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import { findSecret, type Secret } from "../../db/secret-lookup.ts";
import type { SecretReplica } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { constraintError, invalidParameter } from "./errors.ts";
import { type ReplicaPlace, removeReplica, replicaArn, toPending, toStatus, writeReplica } from "./secret-replicas.ts";
import { changeSecret, isGone, requireUsableSecret } from "./secret-rows.ts";
import { requireOwnSecret } from "./secret-versions.ts";

/** The key that AWS manages in each region. */
const usualKey = "alias/aws/secretsmanager";

export const secretReplication = {
  async ReplicateSecretToRegions(ctx, { SecretId, AddReplicaRegions: asked = [], ForceOverwriteReplicaSecret: force }) {
    if (asked.length === 0) throw constraintError("addReplicaRegions", "[]", "length greater than or equal to 1");
    requireRegions(ctx, asked);
    const { arn } = await requireOwnSecret(ctx, SecretId);
    return { ARN: arn, ReplicationStatus: await replicate(ctx, arn, { asked, force: force === true }) };
  },

  async RemoveRegionsFromReplication(ctx, { SecretId, RemoveReplicaRegions: regions = [] }) {
    if (regions.length === 0) throw constraintError("removeReplicaRegions", "[]", "length greater than or equal to 1");
    const secret = await requireOwnSecret(ctx, SecretId);
    for (const region of regions) await removeReplica(ctx, secret.arn, region);
    const left = (secret.replicas ?? []).filter(({ region }) => !regions.includes(region));
    await changeSecret(ctx, secret.arn, (before) => withReplicas(ctx, before, left));
    return { ARN: secret.arn, ReplicationStatus: left.map(toStatus) };
  },

  /** The replica goes its own way from now on. */
  async StopReplicationToReplica(ctx, { SecretId = "" }) {
    const { arn, primaryRegion } = await requireUsableSecret(ctx, SecretId);
    if (primaryRegion === undefined) {
      throw invalidParameter(
        "Operation not permitted on a primary secret. Call must be made in replica secret's region.",
      );
    }
    const ofPrimary = placeIn(ctx, primaryRegion);
    const primaryArn = replicaArn(arn, primaryRegion);
    if ((await findSecret(ofPrimary, primaryArn)) !== undefined) {
      await changeSecret(ofPrimary, primaryArn, (primary) => ({
        ...primary,
        replicas: (primary.replicas ?? []).filter(({ region }) => region !== ctx.region),
      }));
    }
    await changeSecret(ctx, arn, ({ primaryRegion: _, ...secret }) => ({
      ...{ ...secret, changed: ctx.now().toISOString() },
    }));
    return { ARN: arn };
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** @throws AwsError InvalidParameterException for the secret's own region, and for what is no region's name */
export function requireRegions(ctx: Context, asked: readonly ReplicaRegionType[]): void {
  for (const { Region: region = "" } of asked) {
    if (region === ctx.region || !/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region))
      throw invalidParameter("Invalid replica region.");
  }
}

/** Makes the replicas that are asked for, and those of before anew where they failed. */
export async function replicate(
  ctx: Context,
  arn: string,
  { asked, force }: { readonly asked: readonly ReplicaRegionType[]; readonly force: boolean },
) {
  const primary = await findSecret(ctx, arn);
  if (primary === undefined) return [];
  const replicas = new Map((primary.replicas ?? []).map((replica) => [replica.region, replica]));
  for (const { Region: region = "", KmsKeyId: key } of asked) {
    const kmsKeyId = key ?? replicas.get(region)?.kmsKeyId ?? usualKey;
    replicas.set(region, await makeReplica(ctx, primary, { region, kmsKeyId, force }));
  }
  const all = [...replicas.values()];
  await changeSecret(ctx, arn, (before) => withReplicas(ctx, before, all));
  const names = asked.map(({ Region }) => Region);
  return all.map((replica) => (names.includes(replica.region) ? toPending(replica) : toStatus(replica)));
}

async function makeReplica(
  ctx: Context,
  primary: Secret,
  { region, kmsKeyId, force }: { readonly region: string; readonly kmsKeyId: string; readonly force: boolean },
): Promise<SecretReplica> {
  const inSync = { region, kmsKeyId, status: "InSync", message: "Replication succeeded" } as const;
  const there = await findSecret(placeIn(ctx, region), primary.name);
  const isOther = there !== undefined && there.arn !== replicaArn(primary.arn, region);
  if (isOther && !force && !isGone(ctx, there)) {
    const message = `Replication failed: Secret name ${primary.name} already exists in region ${region}.`;
    return { region, kmsKeyId, status: "Failed", message };
  }
  if (isOther) await ctx.db.deleteFrom("secrets").where("arn", "=", there.arn).execute();
  await writeReplica(ctx, primary, inSync);
  return inSync;
}

function placeIn({ db, accountId }: Context, region: string): ReplicaPlace {
  return { db, accountId, region };
}

function withReplicas(ctx: Context, secret: Secret, replicas: readonly SecretReplica[]) {
  return { ...secret, replicas, changed: ctx.now().toISOString() };
}
