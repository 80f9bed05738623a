import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import { escapeXml } from "../protocol/xml-writer.ts";
import type { App } from "./app.ts";
import type { Exchange } from "./exchange.ts";

/** The answer to an operation that the SDK knows and LocalAWS does not emulate. */
export function notImplemented(service: string, operation: string): AwsError {
  const message = `LocalAWS does not emulate ${operation} of ${service}. The emulated operations are listed in docs/operations.md.`;
  return new AwsError("NotImplemented", message, 501);
}

/** What is no AwsError is a bug: the client gets a 500 without its text, and the log its stack. */
export function toAwsError(app: App, error: unknown, { aborted, served }: Exchange): AwsError {
  if (error instanceof AwsError) return error;
  const gone = aborted || (error instanceof Error && "code" in error && error.code === "ECONNRESET");
  if (!gone) app.log.error({ err: error, ...served }, "an operation failed unexpectedly");
  const isS3 = served.service === "s3";
  if (isS3 && hasCode(error, /^E[MN]FILE$/)) return new AwsError("SlowDown", "Please reduce your request rate.", 503);
  const code = isS3 ? "InternalError" : "InternalFailure";
  const message =
    folderProblems.find(([codes]) => hasCode(error, codes))?.[1] ??
    "We encountered an internal error. Please try again.";
  return new AwsError(code, message, 500, { cause: error });
}

/** What only a person can mend is told to the client. */
const folderProblems: readonly (readonly [RegExp, string])[] = [
  [/^(?:ENOSPC|EDQUOT|SQLITE_FULL)$/, "The disk of the data folder is full."],
  [/^(?:EROFS|SQLITE_READONLY.*|SQLITE_IOERR.*)$/, "The data folder cannot be written."],
  [
    /^DATA_FOLDER_GONE$/,
    "The data folder was removed, moved or replaced while LocalAWS runs: nothing more is written.",
  ],
];

/** Whether an error of the system, or of the database, has such a code. */
export function hasCode(error: unknown, code: RegExp): boolean {
  return error instanceof Error && "code" in error && code.test(String(error.code));
}

/** For a client of a service that LocalAWS knows nothing of: an error that each kind of SDK, JSON and XML, understands. */
export function unknownService(name: string, request: HttpRequest, requestId: string): HttpResponse {
  const message = `LocalAWS does not emulate the service ${name}. The emulated ones are listed in docs/operations.md.`;
  if (!speaksXml(name, request)) {
    const body = JSON.stringify({ __type: "NotImplemented", message });
    return {
      status: 501,
      headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId },
      body,
    };
  }
  // Directory buckets are of S3's own protocol, which has nothing around its errors.
  if (name === "s3express") {
    const body = `<Error><Code>NotImplemented</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId></Error>`;
    return { status: 501, headers: { "content-type": "application/xml", "x-amz-request-id": requestId }, body };
  }
  return plainError(501, "NotImplemented", message, requestId);
}

/** Services of forms say so, those of XML that need not are few, and every other one speaks JSON, also where a request has no body. */
function speaksXml(name: string, { headers, query }: HttpRequest): boolean {
  const isForm = /form-urlencoded|xml/.test(headers["content-type"] ?? "") || query.includes("Action=");
  return isForm || /^(?:s3|s3control|s3express|s3-.*|route53|cloudfront)$/.test(name);
}

/** An error for which no service's protocol could be found. */
export function plainError(status: number, code: string, message: string, requestId: string): HttpResponse {
  const error = `<Type>${status < 500 ? "Sender" : "Receiver"}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  const body = `<ErrorResponse><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId }, body };
}
