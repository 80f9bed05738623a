import type { SecretListEntry } from "@aws-sdk/client-secrets-manager";
import type { SecretDocument, SecretsTable } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { secretNotFound } from "./errors.ts";

export interface Secret extends SecretDocument {
  readonly arn: string;
  readonly name: string;
}

/** Of the account in the region, by their names. */
export async function listSecrets({ db, accountId, region }: Context): Promise<Secret[]> {
  const rows = await db
    .selectFrom("secrets")
    .selectAll()
    .where("account_id", "=", accountId)
    .where("region", "=", region)
    .orderBy("name")
    .execute();
  return rows.map(read);
}

/** By its name, its ARN, or its ARN without the six characters at its end. @throws AwsError ResourceNotFoundException */
export async function requireSecret(ctx: Context, secretId: string): Promise<Secret> {
  const isArn = secretId.startsWith("arn:");
  const found = (await listSecrets(ctx)).find(({ arn, name }) =>
    isArn ? arn === secretId || arn.slice(0, -"-xxxxxx".length) === secretId : name === secretId,
  );
  if (found === undefined) throw secretNotFound();
  return found;
}

function read({ arn, name, document }: SecretsTable): Secret {
  const stored: SecretDocument = JSON.parse(document);
  return { ...stored, arn, name };
}

/** What a list and a description of secrets have in common. */
export function toSecret({ arn, name, versions, ...secret }: Secret) {
  return {
    ARN: arn,
    Name: name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    OwningService: secret.owningService,
    RotationEnabled: false,
    CreatedDate: new Date(secret.created),
    LastChangedDate: new Date(secret.changed),
    ...(secret.rotated !== undefined && { LastRotatedDate: new Date(secret.rotated) }),
    Tags: [...secret.tags],
  } satisfies SecretListEntry;
}

export function versionStages({ versions }: Secret): Record<string, string[]> {
  return Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages]]));
}
