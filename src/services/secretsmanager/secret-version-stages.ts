import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { SecretDocument } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter, secretValueNotFound } from "./errors.ts";
import { changeSecret } from "./secret-rows.ts";
import { requireOwnSecret } from "./secret-versions.ts";

export const secretVersionStages = {
  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
  async UpdateSecretVersionStage(ctx, input) {
    const { VersionStage: stage = "", RemoveFromVersionId: from, MoveToVersionId: to } = input;
    const { arn, name } = await requireOwnSecret(ctx, input.SecretId);
    await changeSecret(ctx, arn, (secret) => {
      checkMove(secret, { stage, from, to });
      const after = moveStage(secret, stage, to);
      // What was current becomes the previous one.
      const moved = stage === "AWSCURRENT" && from !== to ? moveStage(after, "AWSPREVIOUS", from) : after;
      return { ...moved, changed: ctx.now().toISOString() };
    });
    return { ARN: arn, Name: name };
  },
} satisfies Operations<typeof SecretsManager, Context>;

interface Move {
  readonly stage: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** @throws AwsError */
function checkMove({ versions }: SecretDocument, { stage, from, to }: Move): void {
  for (const id of [from, to]) {
    if (id === undefined || versions.some((version) => version.id === id)) continue;
    throw secretValueNotFound(`VersionId: ${id}`);
  }
  const holder = versions.find(({ stages }) => stages.includes(stage))?.id;
  if (to === undefined && stage === "AWSCURRENT") {
    throw invalidParameter(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
  if (holder !== undefined && holder !== to && from === undefined) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from !== undefined && from !== holder) {
    throw invalidParameter(`The staging label ${stage} isn't attached to version ${from}.`);
  }
}

/** To nobody, where `to` is undefined. */
function moveStage(secret: SecretDocument, stage: string, to: string | undefined): SecretDocument {
  return {
    ...secret,
    versions: secret.versions.map((version) => {
      const others = version.stages.filter((one) => one !== stage);
      return { ...version, stages: version.id === to ? [...others, stage] : others };
    }),
  };
}
