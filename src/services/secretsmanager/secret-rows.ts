import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { findSecret, readSecret, type Secret } from "../../db/secret-lookup.ts";
import type { SecretDocument } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { markedForDeletion, ofReplica, secretNotFound } from "./errors.ts";
import { type ReplicaPlace, replicationOf, syncReplicas } from "./secret-replicas.ts";

/** Of the account in the region, by their names. */
export async function listSecrets(ctx: Context): Promise<Secret[]> {
  const { db, accountId, region } = ctx;
  const rows = await db
    .selectFrom("secrets")
    .selectAll()
    .where("account_id", "=", accountId)
    .where("region", "=", region)
    .orderBy("name")
    .execute();
  return rows.map(readSecret).filter((secret) => !isGone(ctx, secret));
}

/** By its name, its ARN, or its ARN without the six characters at its end. @throws AwsError ResourceNotFoundException */
export async function requireSecret(ctx: Context, secretId: string): Promise<Secret> {
  const found = await findSecret(ctx, secretId);
  if (found === undefined || isGone(ctx, found)) throw secretNotFound();
  return found;
}

/** The same, of one that is not on its way to be gone. @throws AwsError InvalidRequestException */
export async function requireUsableSecret(ctx: Context, secretId: string): Promise<Secret> {
  const secret = await requireSecret(ctx, secretId);
  if (secret.deleted !== undefined) throw markedForDeletion();
  return secret;
}

/** The same, of one that is not another region's. @throws AwsError InvalidRequestException, InvalidParameterException */
export async function requireWritableSecret(ctx: Context, secretId: string): Promise<Secret> {
  const secret = await requireUsableSecret(ctx, secretId);
  if (secret.primaryRegion !== undefined) throw ofReplica();
  return secret;
}

/** Whether the time in which a deleted one could be restored is over. */
export function isGone(ctx: Context, { goneAt }: Secret): boolean {
  return goneAt !== undefined && goneAt <= ctx.now().toISOString();
}

/** Changes a secret as it is now. */
export async function changeSecret(
  ctx: ReplicaPlace,
  arn: string,
  change: (secret: Secret) => SecretDocument,
): Promise<void> {
  const { db, accountId, region } = ctx;
  await db.transaction().execute(async (trx) => {
    const found = await findSecret({ db: trx, accountId, region }, arn);
    if (found === undefined) throw secretNotFound();
    const { name: _, arn: __, ...document } = change(found) as Secret;
    await trx
      .updateTable("secrets")
      .set({ document: JSON.stringify(document) })
      .where("arn", "=", found.arn)
      .execute();
    await syncReplicas({ db: trx, accountId, region }, { ...document, name: found.name, arn: found.arn });
  });
}

/** What a list and a description of secrets have in common. */
export function toSecret(ctx: Pick<Context, "region">, { arn, name, versions, ...secret }: Secret) {
  const primaryRegion = replicationOf({ ...secret, versions }, ctx.region);
  return {
    ARN: arn,
    Name: name,
    Description: secret.description,
    // An empty one stands for the key that AWS manages, which is not told.
    ...(secret.kmsKeyId && { KmsKeyId: secret.kmsKeyId }),
    OwningService: secret.owningService,
    ...rotationOf(secret),
    ...(secret.deleted !== undefined && { DeletedDate: new Date(secret.deleted) }),
    CreatedDate: new Date(secret.created),
    LastChangedDate: new Date(secret.changed),
    ...(secret.rotated !== undefined && { LastRotatedDate: new Date(secret.rotated) }),
    ...(secret.accessed !== undefined && { LastAccessedDate: new Date(secret.accessed) }),
    ...(secret.tags !== undefined && { Tags: [...secret.tags] }),
    ...(primaryRegion !== undefined && { PrimaryRegion: primaryRegion }),
  } satisfies SecretListEntry;
}

/** A service rotates what it manages; nothing here rotates the others, of which AWS tells nothing until it is ended. */
function rotationOf(secret: Omit<Secret, "arn" | "name" | "versions">) {
  const { owningService, rotationDays = 7, rotated, created } = secret;
  if (owningService === undefined) return secret.rotationCancelled === true && { RotationEnabled: false };
  const next = new Date(rotated ?? created).getTime() + rotationDays * 24 * 60 * 60 * 1000;
  return {
    RotationEnabled: true,
    RotationRules: { AutomaticallyAfterDays: rotationDays },
    NextRotationDate: new Date(next),
  };
}

/** Of the versions that have labels: the others are deprecated. AWS tells none as nothing. */
export function versionStages({ versions }: Secret): Record<string, string[]> | undefined {
  const labelled = versions.filter(({ stages }) => stages.length > 0);
  if (labelled.length === 0) return undefined;
  return Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
}
