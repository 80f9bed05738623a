import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { PutSecretValueRequest } from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import type { SecretDocument, SecretVersion } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import {
  constraintError,
  invalidParameter,
  invalidRequest,
  managedBy,
  resourceExists,
  validationError,
} from "./errors.ts";
import { changeSecret, requireSecret, requireWritableSecret } from "./secret-rows.ts";

/** Bytes, of text and of binary values. */
const largestValue = 65_536;
/** Versions without a label are deprecated; AWS keeps about as many. */
const keptVersions = 100;

export const secretVersions = {
  async PutSecretValue(ctx, input) {
    requireToken(input.ClientRequestToken);
    requireStages(input.VersionStages);
    const secret = await requireOwnSecret(ctx, input.SecretId);
    const value = secretValueOf(input);
    if (value === undefined) throw invalidRequest("You must provide either SecretString or SecretBinary.");
    const id = input.ClientRequestToken ?? ctx.requestId;
    const { VersionStages: stages } = input;
    let given: readonly string[] = [];
    await changeSecret(ctx, secret.arn, (before) => {
      const after = addVersion(ctx, before, { arn: secret.arn, id, value, ...(stages && { stages }) });
      given = after.versions.find((version) => version.id === id)?.stages ?? [];
      return after;
    });
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...given] };
  },

  async ListSecretVersionIds(ctx, { SecretId: secretId = "", IncludeDeprecated }) {
    const { arn, name, versions, kmsKeyId } = await requireSecret(ctx, secretId);
    const shown = versions.filter(({ stages }) => stages.length > 0 || IncludeDeprecated === true);
    return {
      ARN: arn,
      Name: name,
      Versions: shown.map(({ id, stages, created, accessed }) => ({
        VersionId: id,
        // AWS tells none as nothing.
        ...(stages.length > 0 && { VersionStages: [...stages] }),
        ...(accessed !== undefined && { LastAccessedDate: new Date(accessed) }),
        CreatedDate: new Date(created),
        KmsKeyIds: [kmsKeyId || "DefaultEncryptionKey"],
      })),
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** One that no service manages, and that is not deleted. */
export async function requireOwnSecret(ctx: Context, secretId = ""): Promise<Secret> {
  const secret = await requireWritableSecret(ctx, secretId);
  if (secret.owningService !== undefined) throw managedBy(secret.owningService);
  return secret;
}

export type SecretValue = Pick<SecretVersion, "value" | "binary">;

/** @throws AwsError ValidationException */
export function requireToken(token: string | undefined): void {
  if (token === undefined) return;
  if (token.length < 32) throw constraintError("clientRequestToken", token, "length greater than or equal to 32");
  if (token.length > 64) throw constraintError("clientRequestToken", token, "length less than or equal to 64");
}

/** @throws AwsError ValidationException */
function requireStages(stages: readonly string[] | undefined): void {
  if (stages === undefined) return;
  const shown = `[${stages.join(", ")}]`;
  if (stages.length < 1) throw constraintError("versionStages", shown, "length greater than or equal to 1");
  if (stages.length > 20) throw constraintError("versionStages", shown, "length less than or equal to 20");
  if (stages.every((stage) => stage.length >= 1 && stage.length <= 256)) return;
  const each = "Member must have length less than or equal to 256, Member must have length greater than or equal to 1";
  throw validationError(
    `1 validation error detected: Value '${shown}' at 'versionStages' failed to satisfy constraint: Member must satisfy constraint: [${each}]`,
  );
}

/** Undefined where there is none. @throws AwsError where there are two, or it is too large */
export function secretValueOf({
  SecretString: text,
  SecretBinary: binary,
}: Pick<PutSecretValueRequest, "SecretString" | "SecretBinary">): SecretValue | undefined {
  const empty = text === "" ? "secretString" : binary?.length === 0 ? "secretBinary" : undefined;
  if (empty !== undefined) {
    throw validationError(
      `1 validation error detected: Value at '${empty}' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    );
  }
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (Math.max(Buffer.byteLength(text ?? ""), binary?.length ?? 0) > largestValue) {
    throw invalidParameter(`The secret value can't be larger than ${largestValue} bytes.`);
  }
  if (text !== undefined) return { value: text };
  return binary === undefined ? undefined : { binary: Buffer.from(binary).toString("base64") };
}

/** A new version with its labels, which others lose: what was current becomes the previous one. */
export function addVersion(
  ctx: Context,
  secret: SecretDocument,
  added: {
    readonly arn: string;
    readonly id: string;
    readonly value: SecretValue;
    readonly stages?: readonly string[];
  },
): SecretDocument {
  const { arn, id, value, stages = ["AWSCURRENT"] } = added;
  const same = secret.versions.find((version) => version.id === id);
  if (same !== undefined && (same.value !== value.value || same.binary !== value.binary)) {
    throw resourceExists(
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${arn}.`,
    );
  }
  // The same again does nothing, unless it asks for labels that it does not have: they join those that it has.
  if (same !== undefined && (added.stages ?? []).every((stage) => same.stages.includes(stage))) return secret;
  const becomesCurrent = stages.includes("AWSCURRENT") && same?.stages.includes("AWSCURRENT") !== true;
  const moved = becomesCurrent ? [...stages, "AWSPREVIOUS"] : stages;
  const others = secret.versions
    .filter((version) => version.id !== id)
    .map((version) => {
      const kept = version.stages.filter((stage) => !moved.includes(stage));
      const isReplaced = becomesCurrent && version.stages.includes("AWSCURRENT");
      return { ...version, stages: isReplaced ? ["AWSPREVIOUS", ...kept] : kept };
    });
  const deprecated = others.filter((version) => version.stages.length === 0).slice(0, -keptVersions);
  const created = ctx.now().toISOString();
  const all = [...new Set([...stages, ...(same?.stages ?? [])])];
  return {
    ...{ ...secret, changed: created },
    versions: [
      ...others.filter((version) => !deprecated.includes(version)),
      { ...{ created, ...same }, id, stages: all, ...value },
    ],
  };
}
