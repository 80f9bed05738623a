import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Filter } from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import { ownValue } from "../../aws/own-value.ts";
import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import type { Context } from "../service-context.ts";
import { invalidNextToken, invalidParameter, validationError } from "./errors.ts";
import { listSecrets, requireSecret, toSecret, versionStages } from "./secret-rows.ts";

export const secrets = {
  async DescribeSecret(ctx, { SecretId: secretId = "" }) {
    const secret = await requireSecret(ctx, secretId);
    return { ...toSecret(secret), VersionIdsToStages: versionStages(secret) };
  },

  /** None has a policy: what would give it one is not emulated. */
  async GetResourcePolicy(ctx, { SecretId: secretId = "" }) {
    const { arn, name } = await requireSecret(ctx, secretId);
    return { ARN: arn, Name: name };
  },

  async ListSecrets(ctx, input) {
    const { Filters: filters = [], MaxResults = 100, NextToken, SortBy, SortOrder, IncludePlannedDeletion } = input;
    if (MaxResults < 1 || MaxResults > 100) {
      const bound = MaxResults < 1 ? "greater than or equal to 1" : "less than or equal to 100";
      throw validationError(
        `1 validation error detected: Value '${MaxResults}' at 'maxResults' failed to satisfy constraint: Member must have value ${bound}`,
      );
    }
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
      SecretList: page.items.map((secret) => ({ ...toSecret(secret), SecretVersionsToStages: versionStages(secret) })),
      NextToken: page.nextToken,
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;

function sortKey(by: SecretsManager.SortByType | undefined): (secret: Secret) => string {
  if (by === "name") return ({ name }) => name;
  if (by === "last-changed-date") return ({ changed, name }) => `${changed} ${name}`;
  return ({ created, name }) => `${created} ${name}`;
}

/**
 * Values are alternatives, `!` in front of one refuses what it matches, and each matches what begins with it:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html
 */
function testOf({ Key: key = "all", Values: values = [] }: Filter): (secret: Secret) => boolean {
  const textsOf = ownValue(texts, key);
  if (textsOf === undefined) {
    throw validationError(`1 validation error detected: Value '${key}' at 'filters.1.member.key' is not a filter's.`);
  }
  if (values.length === 0) throw invalidParameter(`The filter ${key} has no values.`);
  return (secret) =>
    values.some((value) => {
      const [isRefused, wanted] = value.startsWith("!") ? [true, value.slice(1)] : [false, value];
      const begins = textsOf(secret).some((text) => text.toLowerCase().startsWith(wanted.toLowerCase()));
      return begins !== isRefused;
    });
}

const tagKeys = ({ tags }: Secret) => tags.map(({ Key = "" }) => Key);
const tagValues = ({ tags }: Secret) => tags.map(({ Value = "" }) => Value);

const texts: Readonly<Record<string, (secret: Secret) => string[]>> = {
  name: ({ name }) => [name],
  description: ({ description = "" }) => [description],
  "tag-key": tagKeys,
  "tag-value": tagValues,
  "owning-service": ({ owningService = "" }) => [owningService],
  // None has been replicated from another region.
  "primary-region": () => [],
  all: (secret) => [
    ...[secret.name, secret.description ?? "", secret.owningService ?? "", ...tagKeys(secret), ...tagValues(secret)],
  ],
};
