import { invalidParameterValue } from "./errors.ts";

/** Of Amazon's side of a gateway, where the request has none. */
export const usualAsn = 64_512;

/** Of 16 and of 32 bits: https://www.rfc-editor.org/rfc/rfc6996. @throws AwsError for any other number */
export function checkPrivateAsn(asn: number): void {
  const isPrivate = (asn >= 64_512 && asn <= 65_534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294);
  if (isPrivate) return;
  throw invalidParameterValue(`Value (${asn}) for parameter amazonSideAsn is invalid. Invalid private ASN.`);
}
