import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import type { Context } from "../service-context.ts";
import { invalidNextToken, invalidParameter, validationError } from "./errors.ts";
import { requireMaxResults, testOf } from "./secret-filters.ts";
import { listSecrets } from "./secret-rows.ts";
import { readValue } from "./secret-values.ts";

const longestBatch = 20;

export const secretBatches = {
  /** Of secrets by name, or page by page of those that filters find; what has no value is told beside the values of the others. */
  async BatchGetSecretValue(ctx, { SecretIdList: ids = [], Filters: filters = [], ...paging }) {
    if ((ids.length === 0) === (filters.length === 0)) {
      throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
    }
    if (ids.length > longestBatch) {
      throw validationError(
        `1 validation error detected: Value '[${ids.join(", ")}]' at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to ${longestBatch}`,
      );
    }
    if (paging.MaxResults !== undefined && filters.length === 0) {
      throw invalidParameter(
        "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
      );
    }
    const page =
      ids.length > 0 ? { items: ids, nextToken: undefined } : await pageOfFiltered(ctx, filters.map(testOf), paging);
    const values: SecretsManager.SecretValueEntry[] = [];
    const errors: SecretsManager.APIErrorType[] = [];
    for (const secretId of page.items) {
      try {
        values.push(await readValue(ctx, secretId, {}));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        errors.push({ SecretId: secretId, ErrorCode: error.code, Message: error.message });
      }
    }
    return { SecretValues: values, NextToken: page.nextToken, Errors: errors };
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** The names of a page of secrets that pass all tests. */
async function pageOfFiltered(
  ctx: Context,
  tests: ReturnType<typeof testOf>[],
  {
    MaxResults: limit = longestBatch,
    NextToken: token,
  }: Pick<SecretsManager.ListSecretsRequest, "MaxResults" | "NextToken">,
) {
  requireMaxResults(limit, longestBatch);
  const kind = "secret values";
  const after = token === undefined ? "" : decodePageToken(kind, token);
  if (after === undefined) throw invalidNextToken();
  const found = (await listSecrets(ctx)).filter(
    (secret) => secret.deleted === undefined && secret.name > after && tests.every((test) => test(secret)),
  );
  const names = found.map(({ name }) => name);
  return firstPage(names, { kind, limit, keyOf: (name) => name });
}
