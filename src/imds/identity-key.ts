import { createPublicKey, generateKeyPair, sign } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Signs instance identity documents: RSA PKCS #1 v1.5 over SHA-256, in base64. */
export type SignIdentity = (document: string) => Promise<string>;

/**
 * The key is made with the first signature and kept in `file` (PEM); the public key is beside it, in `file` + `.pub`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-iid.html
 */
export function createIdentityKey(file: string): SignIdentity {
  let key: Promise<string> | undefined;
  return async (document) => {
    key ??= readOrMake(file);
    return sign("sha256", Buffer.from(document), await key).toString("base64");
  };
}

async function readOrMake(file: string): Promise<string> {
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return kept;
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await writeFile(`${file}.pub`, createPublicKey(pem).export({ type: "spki", format: "pem" }));
  await writeFile(file, pem, { mode: 0o600 });
  return pem;
}
