import { createPrivateKey, createPublicKey, generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { keepFile, readKept } from "../kept-file.ts";

/** Signs instance identity documents. */
export interface IdentityKey {
  /** RSA PKCS #1 v1.5 over SHA-256, in base64. */
  sign(document: string): Promise<string>;
  /** The document and this signature as PKCS #7, in lines of base64 without the header and footer that PEM has. */
  envelop(document: string): Promise<string>;
}

const years = 100;

/**
 * The key is made with the first signature and kept in `file` (PEM); beside it are the public key, in `file` + `.pub`, and
 * its certificate, in `file` + `.crt`. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-iid.html
 */
export function createIdentityKey(file: string): IdentityKey {
  let key: Promise<string> | undefined;
  let certificate: string | undefined;
  const keyOf = () => {
    key ??= readOrMakeKey(file).catch((error: unknown) => {
      // A disk that is full now may have room for the next one.
      key = undefined;
      throw error;
    });
    return key;
  };
  const signatureOf = async (document: string) => sign("sha256", Buffer.from(document), await keyOf());
  return {
    sign: async (document) => (await signatureOf(document)).toString("base64"),
    async envelop(document) {
      const signature = await signatureOf(document);
      certificate ??= await readOrMakeCertificate(`${file}.crt`, await keyOf());
      const { toSignedData } = await import("./signed-data.ts");
      const content = Buffer.from(document);
      const signed = toSignedData({ content, signature, certificate });
      return signed.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
    },
  };
}

async function readOrMakeKey(file: string): Promise<string> {
  const kept = readKept(file);
  if (kept !== undefined) return kept;
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  keepFile(`${file}.pub`, createPublicKey(pem).export({ type: "spki", format: "pem" }).toString());
  keepFile(file, pem);
  return pem;
}

async function readOrMakeCertificate(file: string, key: string): Promise<string> {
  const kept = readKept(file);
  if (kept !== undefined) return kept;
  const { issueCertificate } = await import("../runtime/certificate.ts");
  const name = "LocalAWS instance identity";
  const publicKey = createPublicKey(key);
  const from = new Date();
  const till = new Date(from);
  till.setUTCFullYear(from.getUTCFullYear() + years);
  const issuer = { name, publicKey, privateKey: createPrivateKey(key) };
  const pem = issueCertificate({ subject: name, publicKey, issuer, from, till });
  keepFile(file, pem);
  return pem;
}
