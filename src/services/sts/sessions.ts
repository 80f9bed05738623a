import type * as Sts from "@aws-sdk/client-sts";
import { assumedRole, type RoleName } from "../../auth/assumed-role.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Principal } from "../../aws/principal.ts";
import type { Context } from "../service-context.ts";
import { type Constraint, validate } from "./constraints.ts";
import { accessDenied, validationError } from "./errors.ts";
import { issue, packedPolicySize, sessionName, tagConstraints } from "./session-parameters.ts";

const serialNumber: Constraint = { min: 9, max: 256, pattern: "[\\w+=/:,.@-]*" };
const tokenCode: Constraint = { min: 6, max: 6, pattern: "[\\d]*" };
/** Seconds that a role's session may last when a role's session asked for it. */
const longestChained = 3600;

export const sessions = {
  async AssumeRole(ctx, input) {
    const { RoleArn: roleArn = "", RoleSessionName: name = "", DurationSeconds: durationSeconds = 3600 } = input;
    validate(
      ["roleArn", roleArn, { min: 20, max: 2048 }],
      ["roleSessionName", name, sessionName],
      ["durationSeconds", durationSeconds, { min: 900, max: 43_200 }],
      ["externalId", input.ExternalId, { min: 2, max: 1224, pattern: "[\\w+=,.@:\\/-]*" }],
      ["serialNumber", input.SerialNumber, serialNumber],
      ["tokenCode", input.TokenCode, tokenCode],
      ["sourceIdentity", input.SourceIdentity, sessionName],
      ["policy", input.Policy, { min: 1, max: 2048 }],
      ...tagConstraints(input.Tags ?? []),
    );
    const role = parseRoleArn(roleArn);
    const size = input.Policy === undefined ? undefined : packedPolicySize(input.Policy);
    if (ctx.principal.type === "assumed-role" && durationSeconds > longestChained) {
      throw validationError(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
      );
    }
    const principal = assumedRole(role, roleArn, name);
    return {
      Credentials: await issue(ctx, principal, durationSeconds),
      AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn },
      ...(size !== undefined && { PackedPolicySize: size }),
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
    await refuseSessions(ctx, "GetSessionToken");
    return { Credentials: await issue(ctx, ctx.principal, durationSeconds) };
  },

  async GetFederationToken(ctx, input) {
    const { Name: name = "", DurationSeconds: durationSeconds = 43_200, Policy: policy } = input;
    validate(
      ["name", name, { ...sessionName, max: 32 }],
      ["durationSeconds", durationSeconds, { min: 900, max: 129_600 }],
      ["policy", policy, { min: 1, max: 2048 }],
      ...tagConstraints(input.Tags ?? []),
    );
    await refuseSessions(ctx, "GetFederationToken");
    const size = policy === undefined ? undefined : packedPolicySize(policy);
    const principal = federatedUser(ctx.principal, name);
    return {
      Credentials: await issue(ctx, principal, durationSeconds),
      FederatedUser: { FederatedUserId: principal.userId, Arn: principal.arn },
      ...(size !== undefined && { PackedPolicySize: size }),
    };
  },
} satisfies Operations<typeof Sts, Context>;

/** `arn:aws:iam::123456789012:role/path/name`; the path is in no other ARN. */
function parseRoleArn(arn: string): RoleName {
  const [, partition, accountId, name] =
    /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(arn) ?? [];
  if (partition === undefined || accountId === undefined || name === undefined) {
    throw validationError("Request ARN is invalid");
  }
  return { partition, accountId, name };
}

/** @throws AwsError AccessDenied */
async function refuseSessions({ credentials, principal }: Context, operation: string): Promise<void> {
  const asking = await credentials.find(principal.accessKeyId);
  if (asking?.sessionToken !== undefined) throw accessDenied(`Cannot call ${operation} with session credentials`);
}

function federatedUser({ arn, accountId }: Principal, name: string): Principal {
  return {
    type: "federated-user",
    accountId,
    arn: `arn:${arn.split(":")[1]}:sts::${accountId}:federated-user/${name}`,
    userId: `${accountId}:${name}`,
    accessKeyId: "",
  };
}
