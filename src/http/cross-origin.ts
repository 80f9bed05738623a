import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import { type S3Address, s3Address } from "../protocol/s3-addressing.ts";
import type { Service } from "../services/service.ts";
import type { App } from "./app.ts";

/** @throws AwsError where the request is not allowed */
export async function preflightHeaders(
  app: App,
  service: Service,
  request: HttpRequest,
): Promise<Record<string, string>> {
  const { method, headers } = request;
  return service.crossOrigin?.preflight(app.serviceContext, { method, headers, ...s3Address(request) }) ?? {};
}

export async function crossOriginHeaders(
  app: App,
  service: Service,
  request: HttpRequest,
): Promise<Record<string, string>> {
  const { method, headers } = request;
  return service.crossOrigin?.headers(app.serviceContext, { method, headers, ...readableAddress(request) }) ?? {};
}

/** An address that cannot be read has been answered with its error already. */
export function readableAddress(request: HttpRequest): S3Address {
  try {
    return s3Address(request);
  } catch (error) {
    if (error instanceof AwsError) return {};
    throw error;
  }
}
