import type { Filter } from "@aws-sdk/client-secrets-manager";
import { ownValue } from "../../aws/own-value.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import { invalidParameter, validationError } from "./errors.ts";

/**
 * Values are alternatives, `!` in front of one refuses what it matches, and each matches what begins with it:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html
 */
export function testOf({ Key: key = "all", Values: values = [] }: Filter): (secret: Secret) => boolean {
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

const tagKeys = ({ tags = [] }: Secret) => tags.map(({ Key = "" }) => Key);
const tagValues = ({ tags = [] }: Secret) => tags.map(({ Value = "" }) => Value);

const texts: Readonly<Record<string, (secret: Secret) => string[]>> = {
  name: ({ name }) => [name],
  description: ({ description = "" }) => [description],
  "tag-key": tagKeys,
  "tag-value": tagValues,
  "owning-service": ({ owningService = "" }) => [owningService],
  "primary-region": ({ primaryRegion, replicas = [], arn }) =>
    primaryRegion === undefined && replicas.length === 0 ? [] : [primaryRegion ?? arn.split(":")[3] ?? ""],
  all: (secret) => [
    ...[secret.name, secret.description ?? "", secret.owningService ?? "", ...tagKeys(secret), ...tagValues(secret)],
  ],
};

/** @throws AwsError ValidationException */
export function requireMaxResults(maxResults: number, longest: number): void {
  if (maxResults >= 1 && maxResults <= longest) return;
  const bound = maxResults < 1 ? "greater than or equal to 1" : `less than or equal to ${longest}`;
  throw validationError(
    `1 validation error detected: Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must have value ${bound}`,
  );
}
