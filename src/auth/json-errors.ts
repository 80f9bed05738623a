import { AwsError } from "../aws/aws-error.ts";
import type { AuthErrors } from "./errors.ts";
import { queryAuthErrors } from "./query-errors.ts";

/** Their names among the JSON services. */
const codes: Readonly<Record<string, string>> = {
  ExpiredToken: "ExpiredTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  SignatureDoesNotMatch: "InvalidSignatureException",
};

/**
 * The words of the JSON services (Secrets Manager: 400, the Data API: 403): those of the query services, under other codes.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 */
export function jsonAuthErrors(service: string, status: 400 | 403): AuthErrors {
  const renamed = Object.entries(queryAuthErrors(service)).map(([name, error]) => [
    name,
    (...facts: unknown[]) => {
      const { code, message }: AwsError = Reflect.apply(error, undefined, facts);
      return new AwsError(codes[code] ?? code, message, status);
    },
  ]);
  // The same functions under the same names: the entries have only forgotten which is whose.
  return Object.fromEntries(renamed) as unknown as AuthErrors;
}
