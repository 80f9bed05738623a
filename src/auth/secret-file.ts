import { randomBytes } from "node:crypto";
import { keptFile } from "../kept-file.ts";

const secretBytes = 32;

/** A secret of 32 bytes that is made at its first use and kept in `file`. @throws Error for a file that holds a shorter one */
export function readOrMakeSecret(file: string): Uint8Array {
  const text = keptFile(file, () => randomBytes(secretBytes).toString("base64url"));
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length < secretBytes) {
    throw new Error(`The key in ${file} is too short: remove the file, and LocalAWS makes a new one.`);
  }
  return secret;
}
