import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { clientEnvironment, newFolder, run } from "../support/acceptance.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";

const MiB = 1024 * 1024;
const Bucket = "small";

/** On a disk of its own, which takes root: whoever runs the tests without is told that these were left out. */
describe("a full disk", function () {
  this.timeout(180_000);
  this.slow(20_000);
  requires("awscli");
  let folder: string;
  let disk: string;
  let aws: TestServer;
  before(async function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) this.skip();
    folder = await newFolder();
    disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "localaws-test", disk]);
    aws = await startLocalAws({ dataDir: join(disk, "data"), logLevel: "silent" });
    await aws.s3.send(new CreateBucketCommand({ Bucket }));
  });
  after(async () => {
    if (aws === undefined) return;
    await aws.stop();
    execFileSync("umount", [disk]);
    rmSync(folder, { recursive: true });
  });

  const put = (Key: string, Body: Uint8Array) => aws.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const keys = async () =>
    ((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = "" }) => Key);
  const files = () =>
    readdirSync(join(aws.dataDir, "s3"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

  it("refuses a body that it cannot hold, says why, and keeps nothing of it", async () => {
    await put("before", Buffer.alloc(MiB, "b"));
    const error = await put("too-large", Buffer.alloc(32 * MiB, "x")).then(
      () => expect.fail("It was taken."),
      (error: Error) => error,
    );
    expect(error).to.include({ name: "InternalError" });
    expect(error.message).to.match(/disk of the data folder is full/);
    expect(await keys()).to.deep.equal(["before"]);
    expect(files()).to.have.length(1);
  });

  it("tells the aws CLI so too, which waits for leave to send its body", async () => {
    const body = join(folder, "body");
    writeFileSync(body, "");
    truncateSync(body, 32 * MiB);
    const env = { ...clientEnvironment(aws.endpoint), AWS_MAX_ATTEMPTS: "1" };
    const failed = await run("aws", ["s3api", "put-object", "--bucket", Bucket, "--key", "k", "--body", body], {
      env,
    }).then(
      () => "It was taken.",
      (error: Error) => error.message,
    );
    expect(failed).to.match(/InternalError.*disk of the data folder is full/);
  });

  it("goes on when there is room again, with every object that it acknowledged", async () => {
    const acknowledged: string[] = ["before"];
    for (let index = 0; index < 40; index++) {
      const taken = await put(`k${index}`, Buffer.alloc(MiB / 2, "y")).catch(() => undefined);
      if (taken !== undefined) acknowledged.push(`k${index}`);
    }
    expect(acknowledged.length).to.be.within(2, 39);
    expect(await keys()).to.have.members(acknowledged);
    const Objects = acknowledged.map((Key) => ({ Key }));
    await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    await put("after", Buffer.from("room"));
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key: "after" }));
    expect(await Body?.transformToString()).to.equal("room");
  });
});
