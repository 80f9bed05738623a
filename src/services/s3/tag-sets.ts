import type { Tag } from "@aws-sdk/client-s3";
import type { AwsError } from "../../aws/aws-error.ts";
import { findTagProblem, type TagProblem } from "../../aws/tags.ts";
import { badRequest, invalidArgument, invalidTag, malformedXml } from "./errors.ts";

type Tagged = "bucket" | "object";

const maxTags: Readonly<Record<Tagged, number>> = { bucket: 50, object: 10 };

/**
 * The tags of a Tagging document. @throws MalformedXML, InvalidTag, BadRequest
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
export function validTagSet(tags: readonly Tag[] | undefined, kind: Tagged): Tag[] {
  if (tags === undefined) throw malformedXml();
  for (const tag of tags) if (tag.Key === undefined || tag.Value === undefined) throw malformedXml();
  if (tags.length > maxTags[kind]) {
    throw badRequest(
      kind === "bucket" ? "Bucket tag count cannot be greater than 50" : "Object tags cannot be greater than 10",
    );
  }
  const problem = findTagProblem(tags) ?? findCharacterProblem(tags);
  if (problem !== undefined) throw tagError(problem, kind, tags);
  return tags.map(({ Key, Value }) => ({ Key, Value }));
}

/** Tags that a filter asks for, which may be AWS's own. @throws InvalidTag for what no object can have */
export function checkFilterTags(tags: readonly Tag[]): void {
  for (const tag of tags) {
    const problem = findTagProblem([tag]);
    if (problem !== undefined && problem.kind !== "reserved-key") throw tagError(problem, "object", tags);
  }
}

/** The tags of an `x-amz-tagging` header: a URL query. @throws InvalidArgument, InvalidTag, BadRequest */
export function parseTaggingHeader(header: string | undefined): Tag[] | undefined {
  if (header === undefined || header === "") return undefined;
  const tags: Tag[] = [];
  for (const pair of header.split("&").filter((text) => text !== "")) {
    const [key = "", ...value] = pair.split("=");
    const tag = { Key: decoded(key, header), Value: decoded(value.join("="), header) };
    if (tags.some(({ Key }) => Key === tag.Key)) throw badHeader(header);
    tags.push(tag);
  }
  return validTagSet(tags, "object");
}

function decoded(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw badHeader(header);
  }
}

function badHeader(value: string): AwsError {
  return invalidArgument(
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    "x-amz-tagging",
    value,
  );
}

/** The letters, digits and white space of any language, and `_ . : / = + - @`. */
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function findCharacterProblem(tags: readonly Tag[]): TagProblem | undefined {
  for (const { Key = "", Value = "" } of tags) {
    if (!allowed.test(Key)) return { kind: "key-too-long", key: Key };
    if (!allowed.test(Value)) return { kind: "value-too-long", key: Key };
  }
  return undefined;
}

function tagError({ kind, key }: TagProblem, tagged: Tagged, tags: readonly Tag[]): AwsError {
  switch (kind) {
    case "duplicate-key":
      return invalidTag("Cannot provide multiple Tags with the same key", { TagKey: key });
    case "reserved-key":
      return tagged === "bucket"
        ? invalidTag("System tags cannot be added/updated by requester")
        : invalidTag("Your TagKey cannot be prefixed with aws:", { TagKey: key });
    case "value-too-long":
      return invalidTag("The TagValue you have provided is invalid", {
        TagKey: key,
        TagValue: tags.find((tag) => tag.Key === key)?.Value,
      });
    default:
      return invalidTag("The TagKey you have provided is invalid", { TagKey: key });
  }
}

/** Tags as they are stored; none is stored as null. */
export function storedTags(tags: readonly Tag[] | undefined): string | null {
  return tags === undefined || tags.length === 0 ? null : JSON.stringify(tags);
}

export function tagsOf(stored: string | null): Tag[] {
  return stored === null ? [] : (JSON.parse(stored) as Tag[]);
}
