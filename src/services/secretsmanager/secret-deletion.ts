import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import { findSecret } from "../../db/secret-lookup.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter, managedBy, markedForDeletion, ofReplica, secretNotFound } from "./errors.ts";
import { changeSecret, isGone, requireSecret } from "./secret-rows.ts";

const dayMilliseconds = 24 * 60 * 60 * 1000;

export const secretDeletion = {
  async DeleteSecret(ctx, { SecretId: secretId = "", RecoveryWindowInDays, ForceDeleteWithoutRecovery: force }) {
    if (force === true && RecoveryWindowInDays !== undefined) {
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    const days = RecoveryWindowInDays ?? 30;
    if (days < 7 || days > 30) {
      throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }
    const secret = await findSecret(ctx, secretId);
    const now = ctx.now();
    if (secret === undefined || isGone(ctx, secret)) {
      if (force !== true) throw secretNotFound();
      // AWS lets one go that is not there.
      return { ARN: secretId, Name: secretId, DeletionDate: now };
    }
    const { arn, name, owningService, replicas = [] } = secret;
    if (secret.primaryRegion !== undefined) throw ofReplica();
    if (owningService !== undefined) throw managedBy(owningService);
    if (replicas.length > 0) {
      const regions = replicas.map(({ region }) => region).join(", ");
      throw invalidParameter(`You can't delete secret ${arn} that still has replica regions [${regions}].`);
    }
    if (force === true) {
      await ctx.db.deleteFrom("secrets").where("arn", "=", arn).execute();
      return { ARN: arn, Name: name, DeletionDate: now };
    }
    if (secret.deleted !== undefined) throw markedForDeletion();
    const goneAt = new Date(now.getTime() + days * dayMilliseconds);
    await changeSecret(ctx, arn, (before) => ({
      ...{ ...before, changed: now.toISOString(), deleted: now.toISOString(), goneAt: goneAt.toISOString() },
    }));
    return { ARN: arn, Name: name, DeletionDate: goneAt };
  },

  async RestoreSecret(ctx, { SecretId: secretId = "" }) {
    const { arn, name } = await requireSecret(ctx, secretId);
    await changeSecret(ctx, arn, ({ deleted: _, goneAt: __, ...before }) => ({
      ...{ ...before, changed: ctx.now().toISOString() },
    }));
    return { ARN: arn, Name: name };
  },
} satisfies Operations<typeof SecretsManager, Context>;
