import type * as Sts from "@aws-sdk/client-sts";
import { assumedRole, type RoleName } from "../../auth/assumed-role.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Principal } from "../../aws/principal.ts";
import type { Context } from "../service-context.ts";
import { type Constrained, type Constraint, validate } from "./constraints.ts";
import { accessDenied, duplicateTagKeys, malformedPolicyDocument, validationError } from "./errors.ts";

const name: Constraint = { min: 2, max: 64, pattern: "[\\w+=,.@-]*" };
const serialNumber: Constraint = { min: 9, max: 256, pattern: "[\\w+=/:,.@-]*" };
const tokenCode: Constraint = { min: 6, max: 6, pattern: "[\\d]*" };
/** Seconds that a role's session may last when a role's session asked for it. */
const longestChained = 3600;

export const sessions = {
  async AssumeRole(ctx, input) {
    const { RoleArn: roleArn = "", RoleSessionName: sessionName = "", DurationSeconds: durationSeconds = 3600 } = input;
    validate(
      ["roleArn", roleArn, { min: 20, max: 2048 }],
      ["roleSessionName", sessionName, name],
      ["durationSeconds", durationSeconds, { min: 900, max: 43_200 }],
      ["externalId", input.ExternalId, { min: 2, max: 1224, pattern: "[\\w+=,.@:\\/-]*" }],
      ["serialNumber", input.SerialNumber, serialNumber],
      ["tokenCode", input.TokenCode, tokenCode],
      ["sourceIdentity", input.SourceIdentity, name],
      ["policy", input.Policy, { min: 1, max: 2048 }],
      ...tagConstraints(input.Tags ?? []),
    );
    const role = parseRoleArn(roleArn);
    if (input.Policy !== undefined) validatePolicy(input.Policy);
    if (ctx.principal.type === "assumed-role" && durationSeconds > longestChained) {
      throw validationError(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
      );
    }
    const principal = assumedRole(role, roleArn, sessionName);
    return {
      Credentials: await issue(ctx, principal, durationSeconds),
      AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
      ...(input.Policy !== undefined && { PackedPolicySize: Math.ceil((input.Policy.length * 100) / 2048) }),
      ...(input.SourceIdentity !== undefined && { SourceIdentity: input.SourceIdentity }),
    };
  },

  async GetSessionToken(ctx, input) {
    const { DurationSeconds: durationSeconds = 43_200 } = input;
    validate(
      ["durationSeconds", durationSeconds, { min: 900, max: 129_600 }],
      ["serialNumber", input.SerialNumber, serialNumber],
      ["tokenCode", input.TokenCode, tokenCode],
    );
    const asking = await ctx.credentials.find(ctx.principal.accessKeyId);
    if (asking?.sessionToken !== undefined) throw accessDenied("Cannot call GetSessionToken with session credentials");
    return { Credentials: await issue(ctx, ctx.principal, durationSeconds) };
  },
} satisfies Operations<typeof Sts, Context>;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
function tagConstraints(tags: readonly Sts.Tag[]): Constrained[] {
  const keys = tags.map(({ Key: key = "" }) => key.toLowerCase());
  if (new Set(keys).size < keys.length) throw duplicateTagKeys();
  return [
    ["tags", tags.length, { max: 50 }],
    ...tags.flatMap(({ Key: key, Value: value }, index): Constrained[] => [
      [`tags.${index + 1}.member.key`, key, { min: 1, max: 128, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+" }],
      [`tags.${index + 1}.member.value`, value, { max: 256, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*" }],
    ]),
  ];
}

async function issue(
  { credentials }: Context,
  principal: Principal,
  durationSeconds: number,
): Promise<Sts.Credentials> {
  const session = await credentials.issueSession({ principal, durationSeconds });
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.expiration,
  };
}

/** `arn:aws:iam::123456789012:role/path/name`; the path is in no other ARN. */
function parseRoleArn(arn: string): RoleName {
  const [, partition, accountId, name] =
    /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(arn) ?? [];
  if (partition === undefined || accountId === undefined || name === undefined) {
    throw validationError("Request ARN is invalid");
  }
  return { partition, accountId, name };
}

function validatePolicy(policy: string): void {
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    throw malformedPolicyDocument("This policy contains invalid Json");
  }
  if (typeof document !== "object" || document === null || !("Statement" in document)) {
    throw malformedPolicyDocument("Syntax errors in policy.");
  }
}
