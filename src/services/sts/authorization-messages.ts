import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type * as Sts from "@aws-sdk/client-sts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { validate } from "./constraints.ts";
import { invalidAuthorizationMessage } from "./errors.ts";

/** Bytes of the digest in front of the deflated JSON. */
const digestLength = 16;

export const authorizationMessages = {
  async DecodeAuthorizationMessage(_ctx, { EncodedMessage: message = "" }) {
    validate(["encodedMessage", message, { min: 1, max: 10_240 }]);
    return { DecodedMessage: decodeAuthorizationMessage(message) };
  },
} satisfies Operations<typeof Sts, Context>;

/**
 * The encoded message of an `UnauthorizedOperation`: what was denied, as JSON. It is no secret here, only opaque, and needs
 * no store to be read again.
 */
export function encodeAuthorizationMessage(json: string): string {
  const deflated = deflateRawSync(json);
  return Buffer.concat([digestOf(deflated), deflated]).toString("base64url");
}

/** @throws AwsError InvalidAuthorizationMessageException */
function decodeAuthorizationMessage(message: string): string {
  const bytes = Buffer.from(message, "base64url");
  const deflated = bytes.subarray(digestLength);
  if (!digestOf(deflated).equals(bytes.subarray(0, digestLength))) throw invalidAuthorizationMessage();
  return inflateRawSync(deflated).toString();
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest().subarray(0, digestLength);
}
