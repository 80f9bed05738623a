import { createHash, createHmac, type KeyObject } from "node:crypto";
import { sshMpint, sshString } from "./ssh-encoding.ts";

/**
 * A private key as PuTTY's file, format 2, which every PuTTY reads, without a passphrase:
 * https://the.earth.li/~sgtatham/putty/0.81/htmldoc/AppendixC.html
 */
export function puttyPrivateKey(privateKey: KeyObject, openSshPublicKey: string, comment: string): string {
  const [algorithm = "", publicBase64 = ""] = openSshPublicKey.split(" ");
  const publicBlob = Buffer.from(publicBase64, "base64");
  const privateBlob = privateBlobOf(privateKey);
  const signed = Buffer.concat([algorithm, "none", comment, publicBlob, privateBlob].map(sshString));
  const macKey = createHash("sha1").update("putty-private-key-file-mac-key").digest();
  const mac = createHmac("sha1", macKey).update(signed).digest("hex");
  return [
    `PuTTY-User-Key-File-2: ${algorithm}`,
    "Encryption: none",
    `Comment: ${comment}`,
    ...base64Lines("Public", publicBlob),
    ...base64Lines("Private", privateBlob),
    `Private-MAC: ${mac}`,
    "",
  ].join("\r\n");
}

/** RSA: the private exponent, both primes and the inverse of the second; ED25519: the seed. */
function privateBlobOf(key: KeyObject): Buffer {
  const { d = "", p = "", q = "", qi = "", kty } = key.export({ format: "jwk" });
  if (kty === "RSA") return Buffer.concat([d, p, q, qi].map(sshMpint));
  // A number in little-endian order, in a string of 32 bytes.
  return sshString(Buffer.from(d, "base64url"));
}

function base64Lines(name: string, blob: Buffer): string[] {
  const lines = blob.toString("base64").match(/.{1,64}/g) ?? [];
  return [`${name}-Lines: ${lines.length}`, ...lines];
}
