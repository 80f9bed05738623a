import { STATUS_CODES } from "node:http";
import type { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { HttpResponse } from "../../aws/http-message.ts";
import type { problemSchema } from "./problem-schema.ts";

interface InvalidField {
  /** `body.tags.0.key` */
  readonly field: string;
  readonly message: string;
}

/** A request that this API refuses before any service sees it. */
export function refusal(status: number, code: string, detail: string, headers: Record<string, string> = {}): AwsError {
  return new AwsError(code, detail, status, { headers });
}

export function invalidFields(errors: readonly InvalidField[]): AwsError {
  const detail = `The request cannot be used: ${errors.map(({ field, message }) => `${field}: ${message}`).join("; ")}`;
  return new AwsError("ValidationError", detail, 422, { members: { errors } });
}

export function unauthorized(detail: string): AwsError {
  return refusal(401, "Unauthorized", detail, { "www-authenticate": 'Bearer realm="localaws"' });
}

/** The answer to a request that failed. */
export function problemResponse(error: AwsError, requestId: string): HttpResponse {
  const status = statusOf(error);
  if (status === 304) return { status, headers: error.headers };
  const problem: z.input<typeof problemSchema> = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(Array.isArray(error.members.errors) && { errors: error.members.errors }),
    ...(typeof error.members.position === "number" && { position: error.members.position }),
    ...(typeof error.members.hint === "string" && { hint: error.members.hint }),
  };
  return {
    status,
    headers: { ...error.headers, "content-type": "application/problem+json", "cache-control": "no-store" },
    body: JSON.stringify(problem),
  };
}

/** EC2 answers 400 to nearly everything: here what is missing is 404, and what stands in the way 409, as in S3 and RDS. */
function statusOf({ code, status }: AwsError): number {
  if (status !== 400) return status;
  if (/NotFound(?:Fault)?$|\.NotFound|^NoSuch/.test(code)) return 404;
  if (
    /Duplicate|AlreadyExists|^Incorrect.*State$|^InvalidDB(?:Instance|Snapshot|Cluster)State|InUse$|\.Conflict$|DependencyViolation/.test(
      code,
    )
  )
    return 409;
  return 400;
}
