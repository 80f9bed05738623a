import { readdirSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import aws4 from "aws4";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";

const Bucket = "pipelined";
const MiB = 1024 * 1024;

describe("requests that do not wait for the answers before them", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ longestSilence: "1", logLevel: "silent" });
    await aws.s3.send(new CreateBucketCommand({ Bucket }));
    await aws.s3.send(new PutObjectCommand({ Bucket, Key: "large", Body: Buffer.alloc(32 * MiB) }));
  });
  after(() => aws?.stop());

  function request(method: string, key: string, body = "", last = false): string {
    const { host } = new URL(aws.endpoint);
    const options = { host, method, path: `/${Bucket}/${key}`, service: "s3", region: "us-east-1", body };
    const { headers = {} } = aws4.sign(options, { accessKeyId: "test", secretAccessKey: "test" });
    const lines = Object.entries({ ...headers, ...(last && { connection: "close" }) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return `${method} ${options.path} HTTP/1.1\r\n${head}\r\n${body}`;
  }

  function open(bytes: string): Socket {
    const { hostname, port } = new URL(aws.endpoint);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(bytes);
    return socket;
  }

  const statuses = (answers: string) => [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);

  it("are done in their order", async () => {
    const sent = [request("PUT", "key", "body"), request("GET", "key"), request("DELETE", "key")];
    const answers = await text(open(sent.join("") + request("GET", "key", "", true)));
    expect(statuses(answers)).to.deep.equal(["200", "200", "204", "404"]);
  });

  it("are all answered, however many they are", async () => {
    const answers = await text(open(request("GET", "none").repeat(300) + request("PUT", "last", "x", true)));
    expect(statuses(answers)).to.deep.equal([...Array.from({ length: 300 }, () => "404"), "200"]);
  });

  it("hold one file at most, and none when nobody has fetched anything for long", async function () {
    if (process.platform !== "linux") this.skip();
    const socket = open(request("GET", "large").repeat(50));
    socket.pause();
    try {
      await eventually("the first is being answered", () => openFiles() > 0);
      expect(openFiles()).to.equal(1);
      await eventually("the connection is given up", () => openFiles() === 0);
      const { ContentLength, Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
      await Body?.transformToByteArray();
      expect(ContentLength).to.equal(32 * MiB);
    } finally {
      socket.destroy();
    }
  });

  /** Of objects, in this process. */
  function openFiles(): number {
    const targets = readdirSync("/proc/self/fd").map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        // The one that listed the folder.
        return "";
      }
    });
    return targets.filter((target) => target.startsWith(`${aws.dataDir}/s3/`)).length;
  }
});
