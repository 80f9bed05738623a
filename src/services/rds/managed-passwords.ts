import type { CreateDBInstanceMessage, MasterUserSecret, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import type { Engine } from "./engines.ts";
import { invalidParameterCombination, invalidParameterValue, mustBeProvided } from "./errors.ts";
import { requireMasterPassword } from "./identifiers.ts";
import {
  deleteSecret,
  giveUpStaged,
  insertSecret,
  type NewSecret,
  newPassword,
  newSecret,
  settleSecret,
  stagedPassword,
  stagePassword,
} from "./managed-secrets.ts";

interface Owner {
  readonly kind: "db" | "cluster";
  readonly engine: Engine;
  readonly username: string;
}

type PasswordRequest = Pick<
  CreateDBInstanceMessage,
  "MasterUserPassword" | "ManageMasterUserPassword" | "MasterUserSecretKmsKeyId"
>;

/** The password of a new instance or cluster: the caller's, or one that RDS keeps in a secret. */
export function resolveNewPassword(
  ctx: Context,
  input: PasswordRequest,
  owner: Owner,
): { masterPassword: string; secret: NewSecret | undefined } {
  const secret = resolveNewSecret(ctx, input, owner);
  if (secret !== undefined) return { masterPassword: secret.password, secret };
  if (!input.MasterUserPassword) throw mustBeProvided("MasterUserPassword");
  return { masterPassword: requireMasterPassword(input.MasterUserPassword, owner.engine), secret };
}

/** None where RDS is not asked to manage the password: what is restored has that of its past then. */
export function resolveNewSecret(
  ctx: Context,
  input: PasswordRequest,
  { kind, username }: Pick<Owner, "kind" | "username">,
): NewSecret | undefined {
  if (input.ManageMasterUserPassword !== true) {
    if (input.MasterUserSecretKmsKeyId !== undefined) throw keyWithoutSecret();
    return undefined;
  }
  if (input.MasterUserPassword !== undefined) throw bothPasswords();
  return newSecret(ctx, { kind, username, kmsKeyId: input.MasterUserSecretKmsKeyId });
}

/** A new instance with its secret, where it has one. */
export function withSecret<Instance extends { readonly document: DbInstanceDocument }>(
  instance: Instance,
  secret: NewSecret | undefined,
): Instance & { readonly secret?: NewSecret } {
  if (secret === undefined) return instance;
  return { ...instance, document: { ...instance.document, MasterUserSecret: secret.secret }, secret };
}

/** Replicas have the password of their source, and would not learn of another one in time. */
export function refuseReplicaOfManaged(engine: string, { MasterUserSecret: secret }: DbInstanceDocument): void {
  if (secret === undefined) return;
  throw invalidParameterValue(
    `Creating read replicas for source instance with engine ${engine} where ManageMasterUserPassword is enabled is not supported.`,
  );
}

/** What is to become of a master password. */
export interface PasswordChange {
  readonly password: string;
  /** That holds it from then on. */
  readonly secret?: MasterUserSecret;
  /** That holds it no more. */
  readonly endedSecret?: MasterUserSecret;
}

/** Staged, where a secret is to hold it; `before` is the secret so far. */
export function resolvePasswordChange(
  ctx: Context,
  input: PasswordRequest & Pick<ModifyDBInstanceMessage, "RotateMasterUserPassword" | "ApplyImmediately">,
  before: MasterUserSecret | undefined,
  owner: Owner & { readonly arn: string },
): { change: PasswordChange; stage(): Promise<void> } | undefined {
  const { kind, engine, username, arn } = owner;
  const { ManageMasterUserPassword: manage, MasterUserPassword: asked, RotateMasterUserPassword: rotate } = input;
  if (asked !== undefined && (manage ?? before !== undefined)) throw managedAlready();
  if (rotate === true && (before === undefined || manage === false)) {
    throw invalidParameterCombination(
      "You can't rotate the master user password, because it isn't managed by RDS in AWS Secrets Manager.",
    );
  }
  if (rotate === true && input.ApplyImmediately !== true) {
    throw invalidParameterCombination("You must specify ApplyImmediately when you specify RotateMasterUserPassword.");
  }
  if (manage !== true && input.MasterUserSecretKmsKeyId !== undefined) throw keyWithoutSecret();
  if (manage === false && asked === undefined) {
    throw invalidParameterCombination(
      "MasterUserPassword must be provided when ManageMasterUserPassword is set to false.",
    );
  }
  if (asked !== undefined) {
    const password = requireMasterPassword(asked, engine);
    return { change: { password, ...(before && { endedSecret: before }) }, stage: async () => {} };
  }
  if (before === undefined) {
    if (manage !== true) return undefined;
    const made = newSecret(ctx, { kind, username, kmsKeyId: input.MasterUserSecretKmsKeyId });
    return {
      change: { password: made.password, secret: { ...made.secret, SecretStatus: "creating" } },
      stage: () => insertSecret(ctx, made, { arn, stage: "AWSPENDING" }),
    };
  }
  const key = input.MasterUserSecretKmsKeyId;
  if (key !== undefined && !(before.KmsKeyId ?? "").endsWith(key)) {
    throw invalidParameterCombination("You can't change the KMS key of a secret that RDS manages.");
  }
  if (rotate !== true) return undefined;
  const password = newPassword(ctx);
  return {
    change: { password, secret: { ...before, SecretStatus: "rotating" } },
    stage: () => stagePassword(ctx, before, { username, password }),
  };
}

/** The server has the new password. Gives the secret as it is shown from now on. */
export async function settlePassword(
  ctx: ServiceContext,
  { secret, endedSecret }: PasswordChange,
): Promise<MasterUserSecret | undefined> {
  if (endedSecret !== undefined) await deleteSecret(ctx, endedSecret);
  if (secret === undefined) return undefined;
  await settleSecret(ctx, secret);
  return withoutStatus(secret);
}

/** The server has the password that it had. Likewise. */
export async function giveUpPassword(
  ctx: ServiceContext,
  { secret, endedSecret }: PasswordChange,
): Promise<MasterUserSecret | undefined> {
  if (secret === undefined) return endedSecret;
  return (await giveUpStaged(ctx, secret)) ? withoutStatus(secret) : undefined;
}

/** What the end of LocalAWS cut off: `resume` with the password that a secret had staged, or `settle` as without any change. */
export async function takeUpPassword(
  ctx: ServiceContext,
  secret: MasterUserSecret | undefined,
  go: {
    resume(change: PasswordChange): void;
    settle(secret: MasterUserSecret | undefined): Promise<unknown>;
  },
): Promise<void> {
  if (secret?.SecretStatus === undefined) return;
  const password = await stagedPassword(ctx, secret);
  if (password === undefined) await go.settle(await giveUpPassword(ctx, { password: "", secret }));
  else go.resume({ password, secret });
}

/** In descriptions: what is kept has a status only while it changes. */
export function shownSecret(
  secret: MasterUserSecret | undefined,
  { status }: { readonly status: string },
): { MasterUserSecret?: MasterUserSecret } {
  if (secret === undefined) return {};
  return { MasterUserSecret: { SecretStatus: status === "creating" ? "creating" : "active", ...secret } };
}

function withoutStatus({ SecretArn, KmsKeyId }: MasterUserSecret): MasterUserSecret {
  return { SecretArn, KmsKeyId };
}

const bothPasswords = () =>
  invalidParameterValue(
    "MasterUserPassword and ManageMasterUserPassword are mutually exclusive. Specify only one of these parameters.",
  );

const managedAlready = () =>
  invalidParameterValue("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.");

const keyWithoutSecret = () =>
  invalidParameterValue("A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.");
