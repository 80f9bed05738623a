import type { MasterUserSecret } from "@aws-sdk/client-rds";
import { kmsKeyArn } from "../../aws/kms-key.ts";
import { uuidOf } from "../../aws/uuid.ts";
import type { SecretDocument, SecretVersion } from "../../db/secretsmanager-tables.ts";
import type { Context, ServiceContext } from "../service-context.ts";

type Db = Pick<ServiceContext, "db">;
type Clock = Pick<ServiceContext, "now" | "randomBytes">;

/** A secret that is yet to be written down, with what it holds. */
export interface NewSecret {
  readonly secret: { readonly SecretArn: string; readonly KmsKeyId: string };
  readonly name: string;
  readonly username: string;
  readonly password: string;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html */
export function newSecret(
  ctx: Context,
  request: { readonly kind: "db" | "cluster"; readonly username: string; readonly kmsKeyId: string | undefined },
): NewSecret {
  const { kind, username, kmsKeyId } = request;
  const name = `rds!${kind}-${uuidOf(ctx.randomBytes(16))}`;
  const suffix = ctx.randomBytes(3).toString("hex");
  const SecretArn = `arn:aws:secretsmanager:${ctx.region}:${ctx.accountId}:secret:${name}-${suffix}`;
  const KmsKeyId = kmsKeyArn(ctx, kmsKeyId ?? "alias/aws/secretsmanager");
  return { secret: { SecretArn, KmsKeyId }, name, username, password: newPassword(ctx) };
}

/** 28 characters, all of them such as every engine's passwords may have. */
export function newPassword(ctx: Clock): string {
  return ctx.randomBytes(21).toString("base64url");
}

/** `stage` AWSPENDING: the server has the password only when `settleSecret` is called. */
export async function insertSecret(
  ctx: Db & Clock & Pick<Context, "accountId" | "region">,
  { secret, name, username, password }: NewSecret,
  owner: { readonly arn: string; readonly stage: "AWSCURRENT" | "AWSPENDING" },
): Promise<void> {
  const created = ctx.now().toISOString();
  const [kind, tag] = name.startsWith("rds!cluster")
    ? ["DB cluster", "aws:rds:primaryDBClusterArn"]
    : ["DB instance", "aws:rds:primaryDBInstanceArn"];
  const document: SecretDocument = {
    description: `The secret associated with the primary RDS ${kind}: ${owner.arn}`,
    ...{ kmsKeyId: secret.KmsKeyId, owningService: "rds", created, changed: created },
    tags: [
      { Key: "aws:secretsmanager:owningService", Value: "rds" },
      { Key: tag, Value: owner.arn },
    ],
    versions: [versionOf(ctx, owner.stage, { username, password })],
  };
  const place = { account_id: ctx.accountId, region: ctx.region };
  const row = { arn: secret.SecretArn, ...place, name, document: JSON.stringify(document) };
  await ctx.db.insertInto("secrets").values(row).execute();
}

function versionOf(ctx: Clock, stage: "AWSCURRENT" | "AWSPENDING", value: object): SecretVersion {
  return {
    id: uuidOf(ctx.randomBytes(16)),
    stages: [stage],
    created: ctx.now().toISOString(),
    value: JSON.stringify(value),
  };
}

/** Writes down the password that the server is to get, before it gets it: a crash between the two loses neither. */
export async function stagePassword(
  ctx: Db & Clock,
  { SecretArn }: MasterUserSecret,
  value: { readonly username: string; readonly password: string },
): Promise<void> {
  await changeSecret(ctx, SecretArn, ({ rotationRequested: id, ...secret }) => {
    const staged = { ...versionOf(ctx, "AWSPENDING", value), ...(id !== undefined && { id }) };
    return { ...secret, versions: [...secret.versions.filter(isNot("AWSPENDING")), staged] };
  });
}

/** The server has the password that was staged. */
export async function settleSecret(ctx: Db & Clock, { SecretArn }: MasterUserSecret): Promise<void> {
  const now = ctx.now().toISOString();
  await changeSecret(ctx, SecretArn, (secret) => {
    const pending = secret.versions.find(({ stages }) => stages.includes("AWSPENDING"));
    const before = secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
    if (pending === undefined) return secret;
    const previous: SecretVersion[] = before === undefined ? [] : [{ ...before, stages: ["AWSPREVIOUS"] }];
    const versions = [...previous, { ...pending, stages: ["AWSCURRENT"] }];
    return { ...secret, changed: now, ...(before !== undefined && { rotated: now }), versions };
  });
}

/** The server keeps the password that it had: of a secret that has no other nothing is left. */
export async function giveUpStaged(ctx: Db, { SecretArn }: MasterUserSecret): Promise<boolean> {
  const left = await changeSecret(ctx, SecretArn, (secret) => ({
    ...secret,
    versions: secret.versions.filter(isNot("AWSPENDING")),
  }));
  if (left === undefined || left.versions.length > 0) return left !== undefined;
  await deleteSecret(ctx, { SecretArn });
  return false;
}

/** The password that the server was to get when LocalAWS ended. */
export async function stagedPassword(ctx: Db, { SecretArn }: MasterUserSecret): Promise<string | undefined> {
  const secret = await findSecret(ctx, SecretArn);
  const pending = secret?.versions.find(({ stages }) => stages.includes("AWSPENDING"));
  if (pending === undefined) return undefined;
  const { password }: { password: string } = JSON.parse(pending.value ?? "{}");
  return password;
}

export async function deleteSecret({ db }: Db, { SecretArn = "" }: MasterUserSecret): Promise<void> {
  await db.deleteFrom("secrets").where("arn", "=", SecretArn).execute();
}

const isNot =
  (stage: string) =>
  ({ stages }: SecretVersion) =>
    !stages.includes(stage);

async function findSecret({ db }: Db, arn = ""): Promise<SecretDocument | undefined> {
  const row = await db.selectFrom("secrets").select("document").where("arn", "=", arn).executeTakeFirst();
  if (row === undefined) return undefined;
  const document: SecretDocument = JSON.parse(row.document);
  return document;
}

/** Whoever changes a secret has the turn of the server that it belongs to. */
async function changeSecret(
  ctx: Db,
  arn: string | undefined,
  change: (secret: SecretDocument) => SecretDocument,
): Promise<SecretDocument | undefined> {
  const before = await findSecret(ctx, arn);
  if (before === undefined) return undefined;
  const after = change(before);
  await ctx.db
    .updateTable("secrets")
    .set({ document: JSON.stringify(after) })
    .where("arn", "=", arn ?? "")
    .execute();
  return after;
}
