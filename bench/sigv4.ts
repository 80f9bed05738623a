/**
 * What one verification of Signature Version 4 costs: `npx tsx bench/sigv4.ts`. Every row is CPU time of this process, and a
 * ratio to a bare HMAC-SHA256 over as many bytes as a string to sign has, measured in turn in the same run.
 */
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import aws4 from "aws4";
import { type AuthTarget, createAuthenticator } from "../src/auth/authenticate.ts";
import { createCredentials, rootPrincipal } from "../src/auth/credential-store.ts";
import type { HttpRequest } from "../src/aws/http-message.ts";
import { openDatabase } from "../src/db/open-database.ts";

const rounds = 20_000;
const limit = 60;
const configured = { accessKeyId: "test", secretAccessKey: "test", accountId: "000000000000" };

/** Requests for as many regions as there are: each needs a signing key of its own. */
function requests(target: AuthTarget, regions: number, signQuery: boolean): HttpRequest[] {
  return Array.from({ length: regions }, (_, region) => {
    const signed = aws4.sign(
      {
        ...{ service: target.service, region: `region-${region}`, method: "GET", signQuery },
        path: "/bucket/some/longer/key%20of/an/object.txt?versionId=3sL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY",
        headers: { Host: "localhost:4566", ...(!signQuery && { "X-Amz-User-Agent": "bench", Range: "bytes=0-1023" }) },
      },
      configured,
    );
    const headers = Object.entries(signed.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
    const [path = "", query = ""] = String(signed.path).split("?");
    return { method: "GET", path, query, headers: Object.fromEntries(headers), body: Readable.from([]) };
  });
}

/** Microseconds of CPU for each of `rounds`. */
async function cpu(work: (round: number) => unknown): Promise<number> {
  for (let round = 0; round < rounds / 4; round++) await work(round);
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) await work(round);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rounds;
}

const dataDir = await mkdtemp(join(tmpdir(), "localaws-bench-"));
const db = await openDatabase(dataDir);
const now = () => new Date();
const credentials = createCredentials({ configured: [configured], db, now });
const root = rootPrincipal(configured.accountId, "test");
const { authenticate } = createAuthenticator({ credentials, mode: "on", root, now });

const s3: AuthTarget = { service: "s3", protocol: "restXml" };
const ec2: AuthTarget = { service: "ec2", protocol: "ec2Query", payload: new Uint8Array() };
const session = await credentials.issueSession({ principal: root, durationSeconds: 3600 });
const text = "x".repeat(150);

function verifying(target: AuthTarget, regions: number, signQuery = false) {
  const all = requests(target, regions, signQuery);
  return (round: number) => {
    const request = all[round % regions];
    return request && authenticate(request, target);
  };
}

const rows: readonly (readonly [name: string, work: (round: number) => unknown])[] = [
  ["bare HMAC-SHA256", () => createHmac("sha256", "key").update(text).digest("hex")],
  ["S3 by header, key cached", verifying(s3, 1)],
  ["S3 by header, key not cached", verifying(s3, 5000)],
  ["S3 by presigned URL, key cached", verifying(s3, 1, true)],
  ["EC2 by header, key cached", verifying(ec2, 1)],
  ["looking a session up", () => credentials.find(session.accessKeyId)],
];

const best = new Map<string, number>();
for (let turn = 0; turn < 3; turn++) {
  for (const [name, work] of rows)
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, await cpu(work)));
}
await db.destroy();
await rm(dataDir, { recursive: true, force: true });

const bare = best.get("bare HMAC-SHA256") ?? Number.NaN;
console.table(
  [...best].map(([what, microseconds]) => ({
    what,
    "µs of CPU": Number(microseconds.toFixed(1)),
    "times a bare HMAC": Number((microseconds / bare).toFixed(1)),
  })),
);
const slowest = Math.max(...best.values());
if (slowest > limit)
  throw new Error(`${slowest.toFixed(1)} µs is more than the ${limit} that one verification may cost.`);
