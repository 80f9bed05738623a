import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { LocalAwsProcess } from "./localaws-process.ts";

describe("operation reset", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  /** The status of a POST with these headers. */
  function reset(headers: Record<string, string> = {}, endpoint = aws.endpoint): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      request(`${endpoint}/_localaws/reset`, { method: "POST", headers }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode));
      })
        .on("error", reject)
        .end();
    });
  }

  async function bucketNames(): Promise<(string | undefined)[]> {
    const { Buckets = [] } = await aws.s3.send(new ListBucketsCommand());
    return Buckets.map(({ Name }) => Name);
  }

  it("drops all state, and the same names can be used again", async () => {
    for (const body of ["before", "after"]) {
      await aws.s3.send(new CreateBucketCommand({ Bucket: "reset-drops-state" }));
      await aws.s3.send(new PutObjectCommand({ Bucket: "reset-drops-state", Key: "key", Body: body }));
      expect(await bucketNames()).to.deep.equal(["reset-drops-state"]);
      expect(await reset()).to.equal(200);
      expect(await bucketNames()).to.deep.equal([]);
    }
  });

  it("answers requests that come meanwhile as an empty LocalAWS does", async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: "reset-meanwhile" }));
    const [status, ...lists] = await Promise.all([reset(), bucketNames(), bucketNames(), reset(), bucketNames()]);
    expect(status).to.equal(200);
    for (const names of lists.filter(Array.isArray)) expect(names.length).to.be.at.most(1);
    expect(await bucketNames()).to.deep.equal([]);
  });

  describe("from elsewhere", () => {
    const bucket = "reset-refused";
    before(() => aws.s3.send(new CreateBucketCommand({ Bucket: bucket })));
    afterEach(async () => {
      expect(await bucketNames()).to.include(bucket);
    });

    it("refuses a web page of another origin", async () => {
      expect(await reset({ origin: "http://example.com" })).to.equal(403);
      expect(await reset({ origin: "null" })).to.equal(403);
    });

    it("refuses a name that was made to resolve to this machine", async () => {
      expect(await reset({ host: "example.com" })).to.equal(403);
    });

    it("refuses GET", async () => {
      expect((await fetch(`${aws.endpoint}/_localaws/reset`)).status).to.equal(404);
    });

    const external = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === "IPv4" && !address.internal)?.address;
    it(
      "refuses another machine [needs a network address beside loopback]",
      external === undefined
        ? undefined
        : async function () {
            this.timeout(180_000);
            const listen = ["start", "--runtime", "records", "--listen", "0.0.0.0:0"];
            const open = new LocalAwsProcess([...listen, "--data", join(aws.dataDir, "open")], {
              LOCALAWS_ADMIN_PASSWORD: "one-of-our-own",
            });
            try {
              const { port } = new URL(await open.endpoint());
              expect(await reset({}, `http://127.0.0.1:${port}`)).to.equal(200);
              expect(await reset({ host: `127.0.0.1:${port}` }, `http://${external}:${port}`)).to.equal(403);
            } finally {
              await open.stop();
            }
          },
    );
  });
});
