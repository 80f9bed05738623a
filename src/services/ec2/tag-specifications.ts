import type { ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { findTagProblem, maxTagsOfResource } from "../../aws/tags.ts";
import { invalidParameterValue, tagLimitExceeded } from "./errors.ts";

/** @throws AwsError as CreateTags and every TagSpecification answer */
export function checkTags(tags: readonly Tag[]): void {
  if (tags.length > maxTagsOfResource) throw tagLimitExceeded();
  const problem = findTagProblem(tags);
  switch (problem?.kind) {
    case undefined:
      return;
    case "empty-key":
      throw invalidParameterValue("Tag key cannot be null or empty");
    case "reserved-key":
      throw invalidParameterValue("Tag keys starting with 'aws:' are reserved for internal use");
    case "duplicate-key":
      throw invalidParameterValue(`Duplicate tag key '${problem.key}' specified.`);
    case "key-too-long":
      throw invalidParameterValue(`Tag key exceeds the maximum length of 128 characters: '${problem.key}'`);
    case "value-too-long":
      throw invalidParameterValue(`Tag value exceeds the maximum length of 256 characters: '${problem.key}'`);
  }
}

/**
 * The tags of a request's TagSpecifications, by resource type.
 * @throws AwsError where one is of a type that the operation does not make, or its tags are refused
 */
export function tagsOfSpecifications(
  specifications: readonly TagSpecification[] | undefined,
  allowed: readonly ResourceType[],
): Partial<Record<ResourceType, Tag[]>> {
  const tags: Partial<Record<ResourceType, Tag[]>> = {};
  for (const specification of specifications ?? []) {
    const type = specification.ResourceType;
    if (type === undefined) throw invalidParameterValue("Tag specification resource type must have a value");
    if (!allowed.includes(type)) {
      throw invalidParameterValue(`'${type}' is not a valid taggable resource type for this operation.`);
    }
    if (tags[type] !== undefined) {
      throw invalidParameterValue("The same resource type may not be specified more than once in tag specifications");
    }
    if (specification.Tags === undefined || specification.Tags.length === 0) {
      throw invalidParameterValue("Tag specification must have at least one tag");
    }
    checkTags(specification.Tags);
    tags[type] = specification.Tags;
  }
  return tags;
}
