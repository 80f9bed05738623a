import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import { parseResourcePolicy } from "../../auth/policy/parse-policy.ts";
import { type Policy, PolicyProblem } from "../../auth/policy/policy.ts";
import { isPublicPolicy } from "../../auth/policy/public-policy.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { malformedPolicy, publicPolicy } from "./errors.ts";
import { changeSecret, requireSecret, requireWritableSecret } from "./secret-rows.ts";

export const secretPolicies = {
  async GetResourcePolicy(ctx, { SecretId: secretId = "" }) {
    const { arn, name, policy } = await requireSecret(ctx, secretId);
    return { ARN: arn, Name: name, ...(policy !== undefined && { ResourcePolicy: printed(JSON.parse(policy)) }) };
  },

  async PutResourcePolicy(ctx, { SecretId: secretId = "", ResourcePolicy: text = "", BlockPublicPolicy }) {
    const { arn, name } = await requireWritableSecret(ctx, secretId);
    const policy = parse(text);
    if (policy instanceof PolicyProblem) throw malformedPolicy();
    if (BlockPublicPolicy === true && isPublicPolicy(policy)) throw publicPolicy();
    await changeSecret(ctx, arn, (secret) => ({ ...secret, policy: text, changed: ctx.now().toISOString() }));
    return { ARN: arn, Name: name };
  },

  async DeleteResourcePolicy(ctx, { SecretId: secretId = "" }) {
    const { arn, name } = await requireWritableSecret(ctx, secretId);
    await changeSecret(ctx, arn, ({ policy: _, ...secret }) => ({ ...secret, changed: ctx.now().toISOString() }));
    return { ARN: arn, Name: name };
  },

  /** Says what is wrong with a policy, and gives it to nobody. */
  async ValidateResourcePolicy(ctx, { SecretId: secretId, ResourcePolicy: text = "" }) {
    if (secretId !== undefined) await requireSecret(ctx, secretId);
    const policy = parse(text);
    if (policy instanceof PolicyProblem) throw malformedPolicy();
    const isPublic = isPublicPolicy(policy);
    return {
      PolicyValidationPassed: !isPublic,
      ValidationErrors: isPublic ? [{ CheckName: "BlockPublicPolicyCheck", ErrorMessage: publicPolicy().message }] : [],
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** As AWS prints a policy, however it was written. */
function printed(value: unknown, indent = ""): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value))
    return value.length === 0 ? "[ ]" : `[ ${value.map((one) => printed(one, indent)).join(", ")} ]`;
  const inner = `${indent}  `;
  const members = Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)} : ${printed(one, inner)}`);
  return members.length === 0 ? "{ }" : `{\n${members.join(",\n")}\n${indent}}`;
}

function parse(text: string): Policy | PolicyProblem {
  try {
    return parseResourcePolicy(text);
  } catch (problem) {
    if (problem instanceof PolicyProblem) return problem;
    throw problem;
  }
}
