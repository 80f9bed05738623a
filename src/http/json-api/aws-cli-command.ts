import type { LoggedRequest } from "../request-log.ts";

/** The CLI's names of services that have another one there. */
const commands: Readonly<Record<string, string>> = { s3: "s3api" };

/** Operations whose body, or whose answer's, is a file to the CLI. */
const uploads = new Set(["PutObject", "UploadPart"]);
const downloads = new Set(["GetObject"]);

/** A command that asks the same, from the input as JSON has it; null where that is not known. */
export function awsCliCommand(
  { service, operation, region }: LoggedRequest,
  input: Readonly<Record<string, unknown>> | null,
): string | null {
  if (operation === undefined || input === null) return null;
  const json = JSON.stringify(input);
  return [
    "aws",
    commands[service] ?? service,
    kebabCase(operation),
    ...(region === undefined ? [] : [`--region ${region}`]),
    // Members have options of the same name, but for a few; the whole input as JSON is always right.
    ...(json === "{}" ? [] : [`--cli-input-json ${quoted(json)}`]),
    ...(uploads.has(operation) ? ["--body FILE"] : []),
    ...(downloads.has(operation) ? ["FILE"] : []),
  ].join(" ");
}

/** As the CLI does: `DescribeDBInstances` is `describe-db-instances`, `ListObjectsV2` is `list-objects-v2`. */
function kebabCase(operation: string): string {
  return operation
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
