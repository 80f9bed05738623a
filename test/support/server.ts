import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EC2Client } from "@aws-sdk/client-ec2";
import { RDSClient } from "@aws-sdk/client-rds";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import type { SettingName } from "../../src/config.ts";
import { createServer, type LocalAws } from "../../src/index.ts";
import { keepTemplates, lendTemplates } from "./database-templates.ts";

export interface TestServer {
  readonly endpoint: string;
  readonly dataDir: string;
  readonly server: LocalAws;
  readonly s3: S3Client;
  readonly ec2: EC2Client;
  readonly rds: RDSClient;
  readonly sts: STSClient;
  /** For a client of one's own: `new S3Client({ ...clientConfig, … })`. */
  readonly clientConfig: ReturnType<typeof clientConfigOf>;
  /** Stops it; the state stays, for a start on the same `dataDir`. */
  close(): Promise<void>;
  /** Stops it and removes the data folder, if this server made it. */
  stop(): Promise<void>;
}

function clientConfigOf(endpoint: string) {
  return {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  };
}

/** A LocalAWS of its own on a free port and in a temporary folder, on the `records` runtime unless told otherwise. */
export async function startLocalAws(settings: Partial<Record<SettingName, string>> = {}): Promise<TestServer> {
  const dataDir = settings.dataDir ?? (await mkdtemp(join(tmpdir(), "localaws-test-")));
  const runsDatabases = settings.runtime !== undefined && settings.runtime !== "records";
  if (runsDatabases) lendTemplates(dataDir);
  const server = await createServer({
    listen: "127.0.0.1:0",
    runtime: "records",
    sshListen: "off",
    ...settings,
    dataDir,
  });
  const { endpoint } = server;
  const clientConfig = clientConfigOf(endpoint);
  const s3 = new S3Client({ ...clientConfig, forcePathStyle: true });
  const ec2 = new EC2Client(clientConfig);
  const rds = new RDSClient(clientConfig);
  const sts = new STSClient(clientConfig);
  async function close(): Promise<void> {
    for (const client of [s3, ec2, rds, sts]) client.destroy();
    await server.close();
    if (runsDatabases) keepTemplates(dataDir);
  }
  return {
    ...{ endpoint, dataDir, server, s3, ec2, rds, sts, clientConfig, close },
    async stop() {
      await close();
      if (settings.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
