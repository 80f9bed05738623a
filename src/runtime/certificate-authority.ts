import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const years = 10;
const dayMilliseconds = 24 * 60 * 60 * 1000;

/** PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** The authority of a data folder, which is made when it is first asked for. */
export function authorityOf(dataDir: string): () => Promise<CertificateAuthority> {
  let authority: Promise<CertificateAuthority> | undefined;
  return () => {
    authority ??= CertificateAuthority.open(dataDir);
    return authority;
  };
}

/** Vouches for the database servers of a data folder, as RDS's authorities do. */
export class CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly from: Date;
  readonly till: Date;
  /** SHA-1, in hexadecimal digits. */
  readonly thumbprint: string;
  readonly #privateKey: KeyObject;

  private constructor(certificate: string, privateKey: KeyObject) {
    const { validFrom, validTo, fingerprint } = new X509Certificate(certificate);
    this.certificate = certificate;
    this.from = new Date(validFrom);
    this.till = new Date(validTo);
    this.thumbprint = fingerprint.replaceAll(":", "").toLowerCase();
    this.#privateKey = privateKey;
  }

  /** That of the data folder, which is made where there is none. */
  static async open(dataDir: string): Promise<CertificateAuthority> {
    const folder = join(dataDir, "rds-ca");
    return CertificateAuthority.#read(folder) ?? (await CertificateAuthority.#make(folder));
  }

  /** For a server that is reached as `localhost` and by its addresses; as long as the authority's own. */
  async issue(addresses: readonly string[]): Promise<ServerCertificate> {
    const { privateKey, publicKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
    const { issueCertificate } = await import("./certificate.ts");
    const certificate = issueCertificate({
      ...{ subject: "localhost", publicKey, from: this.from, till: this.till },
      issuer: { name: commonName, publicKey: createPublicKey(this.#privateKey), privateKey: this.#privateKey },
      server: { dnsNames: ["localhost"], addresses },
    });
    return { certificate, privateKey: pem(privateKey) };
  }

  /** For who logs in to a server as the user; of a day. */
  async issueClient(username: string): Promise<ServerCertificate> {
    const { privateKey, publicKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
    const { issueCertificate } = await import("./certificate.ts");
    const certificate = issueCertificate({
      ...{ subject: username, publicKey, from: this.from, till: new Date(Date.now() + dayMilliseconds) },
      issuer: { name: commonName, publicKey: createPublicKey(this.#privateKey), privateKey: this.#privateKey },
      isClient: true,
    });
    return { certificate, privateKey: pem(privateKey) };
  }

  static #read(folder: string): CertificateAuthority | undefined {
    try {
      const key = createPrivateKey(readFileSync(join(folder, keyFile)));
      return new CertificateAuthority(readFileSync(join(folder, certificateFile), "utf8"), key);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Both files or none; where another process was faster, its. */
  static async #make(folder: string): Promise<CertificateAuthority> {
    const { privateKey, publicKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
    const { issueCertificate } = await import("./certificate.ts");
    // Of this day's start: a container's clock may be a little behind.
    const from = new Date(Math.floor(Date.now() / dayMilliseconds) * dayMilliseconds);
    const certificate = issueCertificate({
      ...{ subject: commonName, publicKey, from, till: new Date(from.getTime() + years * 365 * dayMilliseconds) },
      issuer: { name: commonName, publicKey, privateKey },
    });
    const made = `${folder}.${randomBytes(6).toString("hex")}`;
    mkdirSync(made, { recursive: true, mode: 0o700 });
    writeFileSync(join(made, keyFile), pem(privateKey), { mode: 0o600 });
    writeFileSync(join(made, certificateFile), certificate);
    try {
      renameSync(made, folder);
    } catch (error) {
      rmSync(made, { recursive: true, force: true });
      const theirs = CertificateAuthority.#read(folder);
      if (theirs === undefined) throw error;
      return theirs;
    }
    return new CertificateAuthority(certificate, privateKey);
  }
}

const commonName = "LocalAWS RDS Root CA";
const certificateFile = "ca.pem";
const keyFile = "ca-key.pem";

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
