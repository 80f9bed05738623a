import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Credential, Principal } from "../aws/principal.ts";
import type { ConfiguredCredential } from "../config.ts";
import type { Database } from "../db/database.ts";
import { preparedQuery } from "../db/prepared-query.ts";
import type { StsSessionRow } from "../db/sts-tables.ts";
import { accessKeyId } from "./access-key-id.ts";
import type { Credentials } from "./credentials.ts";

/** Expired sessions stay for a day, so that their use is answered with `ExpiredToken`. */
const keptAfterExpiry = 24 * 60 * 60 * 1000;

/**
 * The configured keys, each the root key of its account, and the sessions that STS has issued. Sessions are read from
 * the database each time: it is what `reset` empties.
 */
export function createCredentials(options: {
  configured: readonly ConfiguredCredential[];
  db: Kysely<Database>;
  now: () => Date;
}): Credentials {
  const { db, now } = options;
  const configured = new Map(options.configured.map((key) => [key.accessKeyId, rootCredential(key)]));
  return {
    find(id) {
      return configured.get(id) ?? (id.startsWith("ASIA") ? findSession(db, id) : undefined);
    },
    async issueSession({ principal, durationSeconds }) {
      const time = now().getTime();
      const id = accessKeyId("ASIA", principal.accountId, randomBytes(10));
      const expiration = new Date(time + durationSeconds * 1000);
      const session = {
        accessKeyId: id,
        secretAccessKey: randomBytes(30).toString("base64"),
        sessionToken: randomBytes(150).toString("base64"),
        expiration,
        principal: { ...principal, accessKeyId: id },
      };
      await db
        .deleteFrom("sts_sessions")
        .where("expires_at", "<", time - keptAfterExpiry)
        .execute();
      await db.insertInto("sts_sessions").values(toRow(session)).execute();
      return session;
    },
  };
}

/** The principal of an account's root key. */
export function rootPrincipal(accountId: string, accessKeyId: string): Principal {
  return { type: "account", accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId, accessKeyId };
}

function rootCredential({ accessKeyId, secretAccessKey, accountId }: ConfiguredCredential): Credential {
  return { accessKeyId, secretAccessKey, principal: rootPrincipal(accountId, accessKeyId) };
}

function findSession(db: Kysely<Database>, id: string): Credential | undefined | Promise<Credential | undefined> {
  const rows = sessionById(db, { id });
  return Array.isArray(rows) ? firstCredential(rows) : rows.then(firstCredential);
}

const sessionById = preparedQuery<{ id: string }, StsSessionRow>((db, parameter) =>
  db.selectFrom("sts_sessions").selectAll().where("access_key_id", "=", parameter("id")),
);

function firstCredential([row]: StsSessionRow[]): Credential | undefined {
  return row && toCredential(row);
}

function toRow(session: Credential & { sessionToken: string; expiration: Date }): StsSessionRow {
  return {
    access_key_id: session.accessKeyId,
    account_id: session.principal.accountId,
    secret_access_key: session.secretAccessKey,
    session_token: session.sessionToken,
    expires_at: session.expiration.getTime(),
    principal: JSON.stringify(session.principal),
  };
}

function toCredential(row: StsSessionRow): Credential {
  return {
    accessKeyId: row.access_key_id,
    secretAccessKey: row.secret_access_key,
    sessionToken: row.session_token,
    expiration: new Date(Number(row.expires_at)),
    principal: toPrincipal(row.principal),
  };
}

/** What `toRow` wrote. */
function toPrincipal(json: string): Principal {
  return JSON.parse(json) as Principal;
}
