import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import type { Context } from "../service-context.ts";
import { invalidNextToken } from "./errors.ts";
import { requireMaxResults, testOf } from "./secret-filters.ts";
import { toStatus } from "./secret-replicas.ts";
import { listSecrets, requireSecret, toSecret, versionStages } from "./secret-rows.ts";

export const secrets = {
  async DescribeSecret(ctx, { SecretId: secretId = "" }) {
    const secret = await requireSecret(ctx, secretId);
    const stages = versionStages(secret);
    const { replicas = [] } = secret;
    return {
      ...toSecret(ctx, secret),
      ...(stages && { VersionIdsToStages: stages }),
      ...(replicas.length > 0 && { ReplicationStatus: replicas.map(toStatus) }),
    };
  },

  async ListSecrets(ctx, input) {
    const { Filters: filters = [], MaxResults = 100, NextToken, SortBy, SortOrder, IncludePlannedDeletion } = input;
    requireMaxResults(MaxResults, 100);
    const after = NextToken === undefined ? undefined : decodePageToken("secrets", NextToken);
    if (NextToken !== undefined && after === undefined) throw invalidNextToken();
    const tests = filters.map(testOf);
    const found = (await listSecrets(ctx)).filter(
      (secret) =>
        (secret.deleted === undefined || IncludePlannedDeletion === true) && tests.every((test) => test(secret)),
    );
    const keyOf = sortKey(SortBy);
    found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    // Newest first, unless the other order is asked for.
    if (SortOrder !== "asc") found.reverse();
    const start = after === undefined ? 0 : found.findIndex(({ arn }) => arn === after) + 1;
    const page = firstPage(found.slice(start), { kind: "secrets", limit: MaxResults, keyOf: ({ arn }) => arn });
    return {
      SecretList: page.items.map((secret) => {
        const stages = versionStages(secret);
        return { ...toSecret(ctx, secret), ...(stages && { SecretVersionsToStages: stages }) };
      }),
      NextToken: page.nextToken,
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;

function sortKey(by: SecretsManager.SortByType | undefined): (secret: Secret) => string {
  if (by === "name") return ({ name }) => name;
  if (by === "last-changed-date") return ({ changed, name }) => `${changed} ${name}`;
  return ({ created, name }) => `${created} ${name}`;
}
