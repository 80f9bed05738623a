import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type AuthTarget, createAuthenticator } from "../../../src/auth/authenticate.ts";
import { createCredentials, rootPrincipal } from "../../../src/auth/credential-store.ts";
import { AwsError } from "../../../src/aws/aws-error.ts";
import type { HttpRequest } from "../../../src/aws/http-message.ts";
import { openDatabase } from "../../../src/db/open-database.ts";

/** The key of AWS's documentation. */
export const example = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  accountId: "111122223333",
};

export const s3: AuthTarget = { service: "s3", protocol: "restXml" };
export const sts: AuthTarget = { service: "sts", protocol: "awsQuery" };
export const ec2: AuthTarget = { service: "ec2", protocol: "ec2Query" };

/** Authentication over a database of its own and a clock that is set by hand. */
export async function openAuth(options: { time: string; mode?: "on" | "off"; dataDir?: string }) {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "localaws-auth-")));
  const db = await openDatabase(dataDir);
  const clock = { time: new Date(options.time) };
  const now = () => clock.time;
  const credentials = createCredentials({ configured: [example], db, now });
  const root = rootPrincipal("000000000000", "");
  const { authenticate } = createAuthenticator({ credentials, mode: options.mode ?? "on", root, now });
  return {
    ...{ dataDir, db, clock, credentials, authenticate },
    async close({ keep = false } = {}) {
      await db.destroy();
      if (!keep) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** `url`: the request target, as on the wire. */
export function request(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: Readable | string = "",
): HttpRequest {
  const [path = "", ...query] = url.split("?");
  const bytes = typeof body === "string" ? Readable.from(body === "" ? [] : [Buffer.from(body)]) : body;
  const length: Record<string, string> = typeof body === "string" ? { "content-length": String(body.length) } : {};
  return { method, path, query: query.join("?"), headers: { ...length, ...headers }, body: bytes };
}

/** The whole body; rejects as the stream does. */
export async function read(body: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The AwsError that something is refused with. */
export async function refusal(work: Promise<unknown>): Promise<AwsError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error("A refusal was expected.");
}
