const writesObject = /^(?:PutObject|CopyObject|CreateMultipartUpload)$/;

/** Headers of a write that do more than to write, by the operation whose leave that takes. */
const further: readonly (readonly [header: RegExp, operation: string])[] = [
  [/^x-amz-(?:acl|grant-[\w-]+)$/, "PutObjectAcl"],
  [/^x-amz-tagging$/, "PutObjectTagging"],
  [/^x-amz-object-lock-(?:mode|retain-until-date|event-hold[\w-]*)$/, "PutObjectRetention"],
  [/^x-amz-object-lock-legal-hold$/, "PutObjectLegalHold"],
];

/**
 * What a request needs leave for beside its own operation: who writes an object with a list, tags or a lock of its own sets these,
 * too. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function furtherOperations(operation: string, headers: Readonly<Record<string, string>>): string[] {
  if (!writesObject.test(operation)) return [];
  const names = Object.keys(headers);
  return further.flatMap(([header, needed]) => {
    // A copy takes the tags of its source along, whatever the header says.
    const isIdle = needed === "PutObjectTagging" && operation === "CopyObject" && !replacesTags(headers);
    return !isIdle && names.some((name) => header.test(name)) ? [needed] : [];
  });
}

function replacesTags(headers: Readonly<Record<string, string>>): boolean {
  return headers["x-amz-tagging-directive"] === "REPLACE";
}
