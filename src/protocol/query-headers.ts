import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest } from "../aws/http-message.ts";

/**
 * What S3 finds in headers alone, whatever a signed query says. The SDK for JavaScript signs the checksum of no bytes into the
 * URL of every upload: https://github.com/localstack/localstack/issues/12169 , https://github.com/aws/aws-sdk-go-v2/issues/2610 ,
 * and a copy of nothing is an empty object: https://github.com/aws/aws-sdk-php/issues/1275
 */
const headersAlone =
  /^x-amz-(?:checksum-(?!algorithm|type)|sdk-checksum-|copy-source|content-sha256|server-side-encryption-customer-|security-token$)/;

/**
 * A presigned request with those of its headers that its signer has put into the query: docs/decisions/0126. Metadata S3 finds in
 * any case, the others in lower case alone: https://github.com/aws/aws-sdk-go-v2/issues/2508
 * @throws InvalidBucketOwnerAWSAccountID, InvalidArgument for an owner or a payer in both
 */
export function withQueryHeaders(request: HttpRequest, query: ReadonlyMap<string, string>): HttpRequest {
  if (!query.has("X-Amz-Signature") && !query.has("Signature")) return request;
  refuseBoth(request, query);
  const headers: Record<string, string> = {};
  for (const [name, value] of query) {
    const header = name.toLowerCase();
    if (header.startsWith("x-amz-meta-")) headers[header] = value;
    else if (name.startsWith("x-amz-") && !headersAlone.test(name)) headers[name] = value;
  }
  return { ...request, headers: { ...headers, ...request.headers } };
}

/** https://github.com/radkawar/stackd , internal/gateway/s3.go */
function refuseBoth({ headers }: HttpRequest, query: ReadonlyMap<string, string>): void {
  const isBoth = (name: string) => query.has(name) && headers[name] !== undefined;
  if (isBoth("x-amz-expected-bucket-owner")) {
    const message = "Expected bucket owner must be provided as either a header or parameter, not both";
    throw new AwsError("InvalidBucketOwnerAWSAccountID", message, 400);
  }
  const payer = "x-amz-request-payer";
  if (!isBoth(payer)) return;
  const message = "Either the payer query string parameter or the x-amz-payer header should be specified, not both";
  const members = { ArgumentName: payer, ArgumentValue: headers[payer] };
  throw new AwsError("InvalidArgument", message, 400, { members });
}
