import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";

export interface TokenOf {
  readonly user?: string;
  /** With the port. */
  readonly host: string;
  readonly region?: string;
  readonly secret?: string;
  readonly signingDate?: Date;
  readonly expiresIn?: number;
}

/** As the SDKs' signers make them. */
export async function authToken({ user = "app", host, ...changes }: TokenOf): Promise<string> {
  const signer = new SignatureV4({
    ...{ service: "rds-db", region: changes.region ?? "us-east-1", sha256: Hash.bind(null, "sha256") },
    credentials: { accessKeyId: "test", secretAccessKey: changes.secret ?? "test" },
  });
  const [hostname, at] = host.split(":");
  const signed = await signer.presign(
    {
      ...{ method: "GET", protocol: "https:", hostname: hostname ?? "", port: Number(at), path: "/" },
      ...{ headers: { host }, query: { Action: "connect", DBUser: user } },
    },
    { expiresIn: changes.expiresIn ?? 900, ...(changes.signingDate && { signingDate: changes.signingDate }) },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `${host}/?${query.join("&")}`;
}
