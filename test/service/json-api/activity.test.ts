import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AssumeRoleWithWebIdentityCommand } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { follow } from "./follow.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Logged {
  id: string;
  service: string;
  operation: string | null;
  status: number;
  code: string | null;
  ms: number;
  source: string;
  input: Record<string, unknown> | null;
  cli: string | null;
}

describe("json-api GET /requests", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const requests = async (query = "") =>
    (await api.send<{ requests: Logged[] }>("GET", `/requests${query}`)).body.requests;

  /** A request is logged when its answer is sent: its client may be quicker. */
  const logged = (test: (request: Logged) => boolean) =>
    eventually("the request is logged", async () => (await requests()).find(test));

  it("lists what AWS's clients asked, the newest first, with id, status, error and time", async () => {
    const { $metadata } = await api.aws.s3.send(new CreateBucketCommand({ Bucket: "requests-log" }));
    await api.aws.s3.send(new HeadBucketCommand({ Bucket: "requests-log-none" })).catch(() => undefined);
    const failed = await logged(({ operation, status }) => operation === "HeadBucket" && status === 404);
    expect(failed.code).to.be.a("string");
    const list = await requests();
    const made = list.find(({ operation }) => operation === "CreateBucket");
    expect(made).to.include({ id: $metadata.requestId, service: "s3", status: 200, source: "aws", code: null });
    expect(made?.ms).to.be.above(0);
    expect(made?.input).to.deep.include({ Bucket: "requests-log" });
    expect(list.indexOf(failed)).to.be.below(made === undefined ? -1 : list.indexOf(made));
  });

  it("lists this API's own changes, and not what it reads", async () => {
    await api.send("POST", "/s3/buckets", { json: { name: "requests-own" } });
    await api.send("GET", "/s3/buckets");
    await api.send("POST", "/s3/buckets", { json: { name: "No" } });
    const own = (await requests()).filter(({ source }) => source === "console");
    expect(own.find(({ input }) => input?.Bucket === "requests-own")).to.include({ operation: "CreateBucket" });
    expect(own.find(({ status }) => status === 400)).to.include({ code: "InvalidBucketName" });
    expect(own.map(({ operation }) => operation)).to.not.include("ListBuckets");
  });

  it("keeps no secret and no body", async () => {
    const UserData = Buffer.from("secret-user-data").toString("base64");
    const run = { ImageId: "alpine:latest", MinCount: 1, MaxCount: 1, UserData };
    await api.aws.ec2.send(new RunInstancesCommand(run));
    await api.aws.rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "requests-secrets",
        DBInstanceClass: "db.t3.micro",
        Engine: "postgres",
        AllocatedStorage: 20,
        MasterUsername: "postgres",
        MasterUserPassword: "secret-password",
      }),
    );
    await api.aws.s3.send(new CreateBucketCommand({ Bucket: "requests-secrets" }));
    await api.aws.s3.send(new PutObjectCommand({ Bucket: "requests-secrets", Key: "k", Body: "secret-body" }));
    const web = { RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "s", WebIdentityToken: "secret-token" };
    await api.aws.sts.send(new AssumeRoleWithWebIdentityCommand(web)).catch(() => undefined);
    const put = await logged(({ operation }) => operation === "PutObject");
    expect(put.input).to.include({ Bucket: "requests-secrets", Key: "k" });
    expect(put.input).to.not.have.property("Body");
    const database = await logged(({ operation }) => operation === "CreateDBInstance");
    expect(database.input).to.include({ MasterUserPassword: "***", MasterUsername: "postgres" });
    const instance = await logged(({ operation }) => operation === "RunInstances");
    expect(instance.input).to.include({ UserData: "***", ImageId: "alpine:latest" });
    const text = JSON.stringify(await requests());
    for (const secret of ["secret-", UserData]) expect(text.replaceAll("requests-secrets", "")).to.not.include(secret);
  });

  it("gives bytes as base64, and no input of a large request", async () => {
    const material = Buffer.from("no key at all");
    const key = { KeyName: "requests-key", PublicKeyMaterial: material };
    await api.aws.ec2.send(new ImportKeyPairCommand(key)).catch(() => undefined);
    const asked = await logged(({ operation }) => operation === "ImportKeyPair");
    expect(asked.input?.PublicKeyMaterial).to.equal(material.toString("base64"));
    const Filters = [{ Name: "instance-id", Values: [`i-${"0".repeat(100_000)}`] }];
    await api.aws.ec2.send(new DescribeInstancesCommand({ Filters })).catch(() => undefined);
    const large = await logged(({ operation, input }) => operation === "DescribeInstances" && input === null);
    expect(large.cli).to.equal(null);
  });

  it("can be asked for a service, for errors alone and for a few", async () => {
    await api.aws.s3.send(new HeadBucketCommand({ Bucket: "requests-filter-none" })).catch(() => undefined);
    await logged(({ input }) => input?.Bucket === "requests-filter-none");
    const s3 = await requests("?service=s3");
    expect(new Set(s3.map(({ service }) => service))).to.deep.equal(new Set(["s3"]));
    const errors = await requests("?errors=only");
    expect(errors).to.not.be.empty;
    for (const { status } of errors) expect(status).to.be.at.least(400);
    expect(await requests("?limit=1")).to.have.lengthOf(1);
  });

  it("keeps the last 1,000", async function () {
    this.timeout(180_000);
    const own = await startJsonApi();
    try {
      for (let batch = 0; batch < 21; batch++) {
        const ask = (_: unknown, index: number) =>
          own.aws.s3.send(new HeadBucketCommand({ Bucket: `requests-many-${batch}-${index}` })).catch(() => undefined);
        await Promise.all(Array.from({ length: 50 }, ask));
      }
      const { body } = await own.send<{ requests: Logged[] }>("GET", "/requests");
      expect(body.requests).to.have.lengthOf(1000);
      expect(body.requests.at(-1)?.input?.Bucket).to.match(/^requests-many-1-/);
      await own.aws.server.reset();
      expect((await own.send<{ requests: Logged[] }>("GET", "/requests")).body.requests).to.deep.equal([]);
    } finally {
      await own.stop();
    }
  });

  it("says what to type to ask the same with the aws CLI", async () => {
    const Tags = [{ Key: "it's", Value: "$HOME" }];
    const { Instances = [] } = await api.aws.ec2.send(
      new RunInstancesCommand({ ImageId: "alpine:latest", MinCount: 1, MaxCount: 1 }),
    );
    const id = Instances[0]?.InstanceId ?? "";
    await api.aws.ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
    const { cli } = await logged(({ operation }) => operation === "CreateTags");
    expect(cli).to.match(/^aws ec2 create-tags --region us-east-1 --cli-input-json '/);
    // A shell has to come to the same words.
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      (cli ?? "").replace(/^aws .*--cli-input-json/, "printf %s"),
    ]);
    expect(JSON.parse(stdout)).to.deep.equal({ Resources: [id], Tags });
    const database = await logged(({ operation }) => operation === "CreateDBInstance");
    expect(database.cli).to.match(/^aws rds create-db-instance --region/);
  });
});

describe("json-api GET /requests cli", () => {
  requires("awscli");
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("is a command that the aws CLI takes", async function () {
    this.timeout(180_000);
    await api.send("POST", "/s3/buckets", { json: { name: "cli" } });
    await api.send("POST", "/ec2/instances", { json: { ami: "alpine:latest", name: "it's", tags: { a: '"' } } });
    const { body } = await api.send<{ requests: Logged[] }>("GET", "/requests");
    const environment = {
      ...process.env,
      AWS_ENDPOINT_URL: api.aws.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_PAGER: "",
    };
    for (const { cli } of body.requests) await promisify(execFile)("sh", ["-c", cli ?? ""], { env: environment });
    const after = await api.send<{ requests: Logged[] }>("GET", "/requests");
    const repeated = after.body.requests.filter(({ source }) => source === "aws").reverse();
    expect(repeated.map(asked)).to.deep.equal(body.requests.map(asked));
    for (const { status } of repeated) expect(status).to.equal(200);
  });

  /** The CLI gives RunInstances a token of its own. */
  function asked({ operation, input }: Logged) {
    const { ClientToken: _, ...members } = input ?? {};
    return { operation, members };
  }
});

describe("json-api GET /events", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("tells of an instance from its launch to its end, whoever launches it", async () => {
    const feed = await follow(api, "/events");
    const { Instances = [] } = await api.aws.ec2.send(
      new RunInstancesCommand({ ImageId: "alpine:latest", MinCount: 1, MaxCount: 1 }),
    );
    const id = Instances[0]?.InstanceId ?? "";
    expect((await feed.seen("resource", { id, change: "created" })).data).to.include({
      type: "instance",
      region: "us-east-1",
    });
    await eventually("it runs", async () => (await api.send("GET", `/ec2/instances/${id}`)).body.state === "running");
    await api.aws.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "Name", Value: "tagged" }] }));
    await feed.seen("resource", { id, change: "updated", state: "running" });
    await api.aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await feed.seen("resource", { id, change: "updated", state: "terminated" });
    await feed.close();
  });

  it("tells of buckets, objects, databases and their snapshots, key pairs and security groups", async () => {
    const feed = await follow(api, "/events");
    await api.send("POST", "/s3/buckets", { json: { name: "events" } });
    await feed.seen("resource", { type: "bucket", id: "events", change: "created" });
    await api.aws.s3.send(new PutObjectCommand({ Bucket: "events", Key: "k", Body: "x" }));
    await feed.seen("objects", { bucket: "events" });
    await api.send("DELETE", "/s3/buckets/events/objects/k");
    await api.send("DELETE", "/s3/buckets/events");
    await feed.seen("resource", { type: "bucket", id: "events", change: "deleted" });
    await api.send("POST", "/rds/db-instances", { json: { id: "events" } });
    await feed.seen("resource", { type: "database", id: "events", state: "available" });
    await api.send("POST", "/rds/db-snapshots", { json: { id: "events-kept", db_instance_id: "events" } });
    await feed.seen("resource", { type: "db_snapshot", id: "events-kept", change: "created" });
    await eventually(
      "the snapshot can be deleted",
      async () => (await api.send("DELETE", "/rds/db-snapshots/events-kept")).status === 204,
    );
    await feed.seen("resource", { type: "db_snapshot", id: "events-kept", change: "deleted" });
    await api.send("POST", "/ec2/key-pairs", { json: { name: "events" } });
    await feed.seen("resource", { type: "key_pair", id: "events", change: "created" });
    const group = await api.send("POST", "/ec2/security-groups", { json: { name: "events", description: "events" } });
    const id = group.body.id;
    await feed.seen("resource", { type: "security_group", id, change: "created" });
    await api.send("POST", `/ec2/security-groups/${id}/rules`, { json: { from_port: 1, cidr: "::/0" } });
    await feed.seen("resource", { type: "security_group", id, change: "updated" });
    await feed.close();
  });

  it("tells that work in the background has ended, also when nothing is other than it was", async () => {
    await api.send("POST", "/rds/db-instances", { json: { id: "settles" } });
    await eventually(
      "it is there",
      async () => (await api.send("GET", "/rds/db-instances/settles")).body.status === "available",
    );
    const feed = await follow(api, "/events");
    // A record of a database reboots at once: who lists it meanwhile sees it rebooting, and no change is told.
    await api.send("POST", "/rds/db-instances/settles/reboot");
    await feed.seen("settled");
    expect((await api.send("GET", "/rds/db-instances/settles")).body.status).to.equal("available");
    await feed.close();
  });

  it("tells of requests as the list has them", async () => {
    const feed = await follow(api, "/events");
    await api.aws.s3.send(new HeadBucketCommand({ Bucket: "events-none" })).catch(() => undefined);
    const told = await eventually("the request is told", () =>
      feed.events
        .filter(({ type }) => type === "requests")
        .flatMap(({ data }) => data as unknown as Logged[])
        .find(({ input }) => input?.Bucket === "events-none"),
    );
    const { body } = await api.send<{ requests: Logged[] }>("GET", "/requests");
    expect(body.requests).to.deep.include(told);
    await feed.close();
  });

  it("takes a one-time ticket, once", async () => {
    const { body } = await api.send("POST", "/auth/ticket", { json: { path: "/events" } });
    expect(body.expires_in).to.equal(30);
    const feed = await follow(api, `/events?ticket=${body.ticket}`, {});
    expect(feed.answer.status).to.equal(200);
    expect(feed.answer.headers.get("content-type")).to.equal("text/event-stream");
    await feed.close();
    expect((await follow(api, `/events?ticket=${body.ticket}`, {})).answer.status).to.equal(401);
  });

  it("refuses a ticket for something else, one that was never given out, and none", async () => {
    const json = { path: "/ec2/instances/i-0123456789abcdef0/console" };
    const { body } = await api.send("POST", "/auth/ticket", { json });
    for (const query of [`?ticket=${body.ticket}`, "?ticket=made-up", "?ticket=", ""]) {
      expect((await follow(api, `/events${query}`, {})).answer.status, query).to.equal(401);
    }
    expect((await api.send("POST", "/auth/ticket", { json: { path: "/s3/buckets" } })).status).to.equal(422);
  });

  it("tells of a reset, and ends when LocalAWS stops", async () => {
    const own = await startJsonApi();
    const feed = await follow(own, "/events");
    await own.send("POST", "/s3/buckets", { json: { name: "events-reset" } });
    await feed.seen("resource", { id: "events-reset", change: "created" });
    await own.aws.server.reset();
    await feed.seen("reset");
    await feed.seen("resource", { id: "events-reset", change: "deleted" });
    const started = performance.now();
    await own.stop();
    // Not only when the grace for what is under way, ten seconds, has passed.
    expect(performance.now() - started).to.be.below(9500);
    await eventually("the stream has ended", feed.hasEnded);
  });
});
