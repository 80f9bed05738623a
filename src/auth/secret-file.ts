import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const secretBytes = 32;

/** A secret of 32 bytes that is made at its first use and kept in `file`. @throws Error for a file that holds a shorter one */
export function readOrMakeSecret(file: string): Uint8Array {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(secretBytes).toString("base64url"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const secret = Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
  if (secret.length < secretBytes) {
    throw new Error(`The key in ${file} is too short: remove the file, and LocalAWS makes a new one.`);
  }
  return secret;
}
