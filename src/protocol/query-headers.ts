import type { HttpRequest } from "../aws/http-message.ts";

/**
 * What S3 finds in headers alone, whatever a signed query says. The SDK for JavaScript signs the checksum of no bytes into the
 * URL of every upload: https://github.com/localstack/localstack/issues/12169 , https://github.com/aws/aws-sdk-go-v2/issues/2610 ,
 * and a copy of nothing is an empty object: https://github.com/aws/aws-sdk-php/issues/1275
 */
const headersAlone =
  /^x-amz-(?:checksum-(?!mode|algorithm|type)|sdk-checksum-|copy-source|content-sha256|server-side-encryption-customer-|security-token$)/;

/**
 * A presigned request with those of its headers that its signer has put into the query: docs/decisions/0126. Metadata S3 finds in
 * any case, the others in lower case alone: https://github.com/aws/aws-sdk-go-v2/issues/2508
 */
export function withQueryHeaders(request: HttpRequest, query: ReadonlyMap<string, string>): HttpRequest {
  if (!query.has("X-Amz-Signature") && !query.has("Signature")) return request;
  const headers: Record<string, string> = {};
  for (const [name, value] of query) {
    const header = name.toLowerCase();
    if (header.startsWith("x-amz-meta-")) headers[header] = value;
    else if (name.startsWith("x-amz-") && !headersAlone.test(name)) headers[name] = value;
  }
  return { ...request, headers: { ...headers, ...request.headers } };
}
