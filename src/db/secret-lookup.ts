import type { Kysely } from "kysely";
import type { Database } from "./database.ts";
import type { SecretDocument, SecretsTable } from "./secretsmanager-tables.ts";

export interface Secret extends SecretDocument {
  readonly arn: string;
  readonly name: string;
}

interface Place {
  readonly db: Kysely<Database>;
  readonly accountId: string;
  readonly region: string;
}

/** A secret of the account in the region by its name, its ARN, or its ARN without the six characters at its end. */
export async function findSecret({ db, accountId, region }: Place, secretId: string): Promise<Secret | undefined> {
  const all = db.selectFrom("secrets").selectAll().where("account_id", "=", accountId).where("region", "=", region);
  const byArn = secretId.startsWith("arn:") ? await all.where("arn", "=", secretId).executeTakeFirst() : undefined;
  if (byArn !== undefined) return readSecret(byArn);
  const prefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  const name = secretId.startsWith(prefix) ? secretId.slice(prefix.length) : secretId;
  const byName = await all.where("name", "=", name).executeTakeFirst();
  return byName && readSecret(byName);
}

export function readSecret({ arn, name, document }: SecretsTable): Secret {
  const stored: SecretDocument = JSON.parse(document);
  return { ...stored, arn, name };
}
