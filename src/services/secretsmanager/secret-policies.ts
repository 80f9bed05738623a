import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import { parseResourcePolicy } from "../../auth/policy/parse-policy.ts";
import { type Policy, PolicyProblem } from "../../auth/policy/policy.ts";
import { isPublicPolicy } from "../../auth/policy/public-policy.ts";
import type { Operations } from "../../aws/operations.ts";
import type { SecretDocument } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { malformedPolicy, publicPolicy } from "./errors.ts";
import { changeSecret, requireSecret, requireUsableSecret } from "./secret-rows.ts";

export const secretPolicies = {
  async GetResourcePolicy(ctx, { SecretId: secretId = "" }) {
    const { arn, name, policy } = await requireSecret(ctx, secretId);
    return { ARN: arn, Name: name, ...(policy !== undefined && { ResourcePolicy: policy }) };
  },

  async PutResourcePolicy(ctx, { SecretId: secretId = "", ResourcePolicy: text = "", BlockPublicPolicy }) {
    const { arn, name } = await requireUsableSecret(ctx, secretId);
    const policy = parse(text);
    if (policy instanceof PolicyProblem) throw malformedPolicy();
    if (BlockPublicPolicy === true && isPublicPolicy(policy)) throw publicPolicy();
    await changeSecret(ctx, arn, (secret) => ({ ...secret, policy: text }));
    return { ARN: arn, Name: name };
  },

  async DeleteResourcePolicy(ctx, { SecretId: secretId = "" }) {
    const { arn, name } = await requireUsableSecret(ctx, secretId);
    await changeSecret(ctx, arn, withoutPolicy);
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
      ValidationErrors: isPublic
        ? [{ CheckName: "PUBLIC_POLICY_CHECK", ErrorMessage: "The resource policy allows broad access to the secret." }]
        : [],
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;

function parse(text: string): Policy | PolicyProblem {
  try {
    return parseResourcePolicy(text);
  } catch (problem) {
    if (problem instanceof PolicyProblem) return problem;
    throw problem;
  }
}

function withoutPolicy({ policy: _, ...secret }: SecretDocument): SecretDocument {
  return secret;
}
