import { createHash, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { puttyPrivateKey } from "./ppk.ts";
import { sshMpint, sshString, uint32 } from "./ssh-encoding.ts";

const generate = promisify(generateKeyPair);

export interface SshPublicKey {
  readonly type: "rsa" | "ed25519";
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly openSsh: string;
  /** As EC2 shows it for an imported key. */
  readonly fingerprint: string;
}

export interface SshKeyPair extends SshPublicKey {
  /** A PEM (PKCS #1 for RSA, OpenSSH's own format for ED25519), or a PuTTY file. */
  readonly privateKey: string;
}

interface KeyPairOptions {
  readonly format: "pem" | "ppk";
  /** In a PuTTY file. */
  readonly comment: string;
  /** Random, in OpenSSH's own format. */
  readonly checkBytes: Buffer;
}

/**
 * A new RSA (2,048 bits) or ED25519 key pair. Fingerprints as
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html: of a created RSA key the SHA-1 of the DER of
 * its private key (PKCS #8).
 */
export async function createSshKeyPair(
  type: "rsa" | "ed25519",
  { format, comment, checkBytes }: KeyPairOptions,
): Promise<SshKeyPair> {
  if (type === "rsa") {
    const { publicKey, privateKey } = await generate("rsa", { modulusLength: 2048 });
    const sha1 = createHash("sha1").update(privateKey.export({ type: "pkcs8", format: "der" }));
    const described = describePublicKey(publicKey);
    return {
      ...described,
      fingerprint: colonHex(sha1.digest()),
      privateKey:
        format === "ppk"
          ? puttyPrivateKey(privateKey, described.openSsh, comment)
          : String(privateKey.export({ type: "pkcs1", format: "pem" })),
    };
  }
  const { publicKey, privateKey } = await generate("ed25519");
  const described = describePublicKey(publicKey);
  return {
    ...described,
    privateKey:
      format === "ppk"
        ? puttyPrivateKey(privateKey, described.openSsh, comment)
        : openSshPrivateKey(privateKey, checkBytes),
  };
}

/** Reads a public key in OpenSSH, RFC 4716 or base64 DER form; undefined for what is none or is of a kind that EC2 refuses. */
export function parseSshPublicKey(text: string): SshPublicKey | undefined {
  const trimmed = text.trim();
  const line = /^(ssh-rsa|ssh-ed25519)\s+([A-Za-z0-9+/=]+)(?:\s|$)/.exec(trimmed);
  if (line?.[2] !== undefined) return fromBlob(Buffer.from(line[2], "base64"));
  const block = /^---- BEGIN SSH2 PUBLIC KEY ----\r?\n([\s\S]+?)---- END SSH2 PUBLIC KEY ----/.exec(trimmed);
  if (block?.[1] !== undefined) {
    const body = block[1].replace(/^[^\n]*:(?:[^\n]*\\\r?\n)*[^\n]*\r?\n/gm, "");
    return fromBlob(Buffer.from(body, "base64"));
  }
  if (!/^[A-Za-z0-9+/=\s]+$/.test(trimmed)) return undefined;
  try {
    return accept(createPublicKey({ key: Buffer.from(trimmed, "base64"), format: "der", type: "spki" }));
  } catch {
    return undefined;
  }
}

function fromBlob(blob: Buffer): SshPublicKey | undefined {
  try {
    const [type, ...fields] = readStrings(blob);
    if (type?.toString() === "ssh-ed25519" && fields.length === 1 && fields[0]?.length === 32) {
      return accept(createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: base64Url(fields[0]) }, format: "jwk" }));
    }
    const [exponent, modulus] = fields;
    if (type?.toString() !== "ssh-rsa" || fields.length !== 2 || exponent === undefined || modulus === undefined) {
      return undefined;
    }
    const key = { kty: "RSA", e: base64Url(unsigned(exponent)), n: base64Url(unsigned(modulus)) };
    return accept(createPublicKey({ key, format: "jwk" }));
  } catch {
    return undefined;
  }
}

/** RSA of 1,024, 2,048 and 4,096 bits and ED25519 can be imported. */
function accept(key: KeyObject): SshPublicKey | undefined {
  if (key.asymmetricKeyType === "ed25519") return describePublicKey(key);
  if (key.asymmetricKeyType !== "rsa") return undefined;
  return [1024, 2048, 4096].includes(key.asymmetricKeyDetails?.modulusLength ?? 0) ? describePublicKey(key) : undefined;
}

function describePublicKey(key: KeyObject): SshPublicKey {
  const { x, e, n } = key.export({ format: "jwk" });
  if (x !== undefined) {
    const blob = Buffer.concat([sshString("ssh-ed25519"), sshString(Buffer.from(x, "base64url"))]);
    return {
      type: "ed25519",
      openSsh: `ssh-ed25519 ${blob.toString("base64")}`,
      fingerprint: createHash("sha256").update(blob).digest("base64"),
    };
  }
  const parts = [sshString("ssh-rsa"), sshMpint(e ?? ""), sshMpint(n ?? "")];
  const md5 = createHash("md5").update(key.export({ type: "spki", format: "der" }));
  return {
    type: "rsa",
    openSsh: `ssh-rsa ${Buffer.concat(parts).toString("base64")}`,
    fingerprint: colonHex(md5.digest()),
  };
}

/** https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key, without a passphrase: Node writes no OpenSSH format. */
function openSshPrivateKey(privateKey: KeyObject, checkBytes: Buffer): string {
  const { x = "", d = "" } = privateKey.export({ format: "jwk" });
  const publicBytes = Buffer.from(x, "base64url");
  const publicBlob = Buffer.concat([sshString("ssh-ed25519"), sshString(publicBytes)]);
  const check = checkBytes.subarray(0, 4);
  const secret = Buffer.concat([
    check,
    check,
    publicBlob,
    sshString(Buffer.concat([Buffer.from(d, "base64url"), publicBytes])),
    sshString(""),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    sshString("none"),
    sshString("none"),
    sshString(""),
    uint32(1),
    sshString(publicBlob),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function readStrings(blob: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  let offset = 0;
  while (offset < blob.length) {
    const length = blob.readUInt32BE(offset);
    if (offset + 4 + length > blob.length) throw new RangeError("an SSH string is longer than its key");
    strings.push(blob.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return strings;
}

function unsigned(mpint: Buffer): Buffer {
  return mpint[0] === 0 ? mpint.subarray(1) : mpint;
}

function base64Url(bytes: Buffer): string {
  return bytes.toString("base64url");
}

function colonHex(digest: Buffer): string {
  return digest.toString("hex").replace(/(..)(?=.)/g, "$1:");
}
