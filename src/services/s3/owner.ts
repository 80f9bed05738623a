import { createHash } from "node:crypto";
import type { Grant, Owner } from "@aws-sdk/client-s3";

/** Whoever sends no credentials: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html */
const anonymousId = "65a011a29cdf8ec533ec3d1ccaae921c";

/** The account's canonical user id: 64 hexadecimal digits, the same at every start. */
function canonicalId(accountId: string): string {
  if (accountId === "") return anonymousId;
  return createHash("sha256").update(`canonical user ${accountId}`).digest("hex");
}

/** The id by which events name an account: an A and 13 digits and capitals. */
export function customerId(accountId: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(`customer ${accountId}`).digest("hex")}`).toString(36);
  return `A${digits.slice(0, 13).toUpperCase()}`;
}

/** Since November 2025 S3 gives no DisplayName. An anonymous caller has an empty account id. */
export function owner(accountId: string): Owner & { readonly ID: string } {
  return { ID: canonicalId(accountId) };
}

/** The access control list that grants nothing to anybody but the owner. */
export function fullControl(accountId: string): { Owner: Owner; Grants: Grant[] } {
  const { ID } = owner(accountId);
  return { Owner: { ID }, Grants: [{ Grantee: { ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }] };
}
