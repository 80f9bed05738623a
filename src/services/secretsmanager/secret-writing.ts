import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import { findSecret, type Secret } from "../../db/secret-lookup.ts";
import type { SecretDocument } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter, invalidRequest, resourceExists, validationError } from "./errors.ts";
import { replicate, requireRegions } from "./secret-replication.ts";
import { changeSecret, isGone } from "./secret-rows.ts";
import { requireTags } from "./secret-tags.ts";
import { addVersion, requireOwnSecret, requireToken, type SecretValue, secretValueOf } from "./secret-versions.ts";

export const secretWriting = {
  async CreateSecret(ctx, input) {
    const { Name: name = "", ClientRequestToken, AddReplicaRegions = [], Type } = input;
    requireName(name);
    requireToken(ClientRequestToken);
    requireRegions(ctx, AddReplicaRegions);
    if (Type !== undefined) throw invalidParameter("Secrets of external services are not kept here.");
    const value = secretValueOf(input);
    const created = ctx.now().toISOString();
    const empty: SecretDocument = {
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
      ...(input.Tags !== undefined && { tags: requireTags(input.Tags) }),
      ...{ created, changed: created, versions: [] },
    };
    const versionId = ClientRequestToken ?? ctx.requestId;
    const arn = arnOf(ctx, name);
    const document = value === undefined ? empty : addVersion(ctx, empty, { arn, id: versionId, value });
    const { accountId, region } = ctx;
    const made = await ctx.db.transaction().execute(async (trx) => {
      const before = await findSecret({ db: trx, accountId, region }, name);
      const same = before && repeated(ctx, before, ClientRequestToken, value);
      if (same !== undefined) return same;
      if (before !== undefined) await trx.deleteFrom("secrets").where("arn", "=", before.arn).execute();
      await trx
        .insertInto("secrets")
        .values({ arn, account_id: accountId, region, name, document: JSON.stringify(document) })
        .execute();
      return { ARN: arn, Name: name, ...(value !== undefined && { VersionId: versionId }) };
    });
    if (AddReplicaRegions.length === 0 || made.ARN !== arn) return made;
    const force = input.ForceOverwriteReplicaSecret === true;
    return { ...made, ReplicationStatus: await replicate(ctx, arn, { asked: AddReplicaRegions, force }) };
  },

  async UpdateSecret(ctx, input) {
    requireToken(input.ClientRequestToken);
    const secret = await requireOwnSecret(ctx, input.SecretId);
    const value = secretValueOf(input);
    const versionId = input.ClientRequestToken ?? ctx.requestId;
    await changeSecret(ctx, secret.arn, (before) => {
      const after = {
        ...{ ...before, changed: ctx.now().toISOString() },
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
      };
      return value === undefined ? after : addVersion(ctx, after, { arn: secret.arn, id: versionId, value });
    });
    return { ARN: secret.arn, Name: secret.name, ...(value !== undefined && { VersionId: versionId }) };
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#SecretsManager-CreateSecret-request-Name */
function requireName(name: string): void {
  if (/^[\w/+=.@!-]{1,512}$/.test(name)) return;
  throw validationError(
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  );
}

/** The answer to a request that has been answered before. @throws AwsError where the name is another secret's */
function repeated(ctx: Context, before: Secret, token: string | undefined, value: SecretValue | undefined) {
  if (isGone(ctx, before)) return undefined;
  if (before.deleted !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const version = before.versions.find(({ id }) => id === token);
  if (version === undefined || version.value !== value?.value || version.binary !== value?.binary) {
    throw resourceExists(`The operation failed because the secret ${before.name} already exists.`);
  }
  return { ARN: before.arn, Name: before.name, VersionId: version.id };
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Six characters at its end tell secrets apart that have had the same name. */
function arnOf({ region, accountId, randomBytes }: Context, name: string): string {
  const suffix = Array.from(randomBytes(6), (byte) => letters[byte % letters.length]).join("");
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix}`;
}
