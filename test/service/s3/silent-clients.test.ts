import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import aws4 from "aws4";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusalCode } from "./s3-support.ts";

const MiB = 1024 * 1024;

describe("s3 clients that fall silent", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws({ longestSilence: "0.3", logLevel: "silent" });
    Bucket = await newBucket(aws);
    // Makes the folder of the files.
    await put(aws, Bucket, "file", { Body: Buffer.alloc(MiB) });
  });
  after(() => aws.stop());

  function connection(Key: string, length: number) {
    const { hostname, port, host } = new URL(aws.endpoint);
    const path = `/${Bucket}/${Key}`;
    const { headers = {} } = aws4.sign(
      {
        ...{ host, method: "PUT", path, service: "s3", region: "us-east-1" },
        headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-length": String(length) },
      },
      { accessKeyId: "test", secretAccessKey: "test" },
    );
    const socket = connect(Number(port), hostname);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`PUT ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return socket;
  }

  const files = () =>
    readdirSync(join(aws.dataDir, "s3"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  for (const [size, sent] of [
    [100, 10],
    [4 * MiB, 2 * MiB],
  ] as const) {
    it(`are told RequestTimeout in the middle of a body, and nothing of it stays (${size} bytes)`, async () => {
      const socket = connection(`cut-${size}`, size);
      socket.write(Buffer.alloc(sent, "x"));
      const answer = await text(socket);
      expect(answer).to.match(/^HTTP\/1\.1 400 /);
      expect(answer).to.match(/<Code>RequestTimeout<\/Code>/);
      const head = aws.s3.send(new HeadObjectCommand({ Bucket, Key: `cut-${size}` }));
      expect(await refusalCode(head)).to.equal("NotFound 404");
      await eventually("no other file to be left", () => files().length === 1);
    });
  }

  it("are none whose body has arrived, however long the connection then waits for a next request", async () => {
    const socket = connection("whole", 3);
    try {
      socket.write("yyy");
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString()).to.match(/^HTTP\/1\.1 200 /);
      await delay(600);
      socket.write("GET / HTTP/1.1\r\nhost: s3.localhost\r\n\r\n");
      const [next] = (await once(socket, "data")) as [Buffer];
      expect(next.toString()).to.match(/^HTTP\/1\.1 403 /);
    } finally {
      socket.destroy();
    }
  });

  it("do not keep others waiting", async () => {
    const silent = Array.from({ length: 200 }, (_, index) => connection(`silent-${index}`, 1000));
    try {
      await put(aws, Bucket, "other");
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "other" }));
      expect(await Body?.transformToString()).to.equal("other");
      for (const socket of silent) expect(await text(socket)).to.match(/RequestTimeout/);
    } finally {
      for (const socket of silent) socket.destroy();
    }
  });
});
