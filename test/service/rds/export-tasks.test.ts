import { gunzipSync } from "node:zlib";
import {
  CancelExportTaskCommand,
  CreateDBSnapshotCommand,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  DescribeExportTasksCommand,
  type ExportTask,
  StartExportTaskCommand,
  type StartExportTaskCommandInput,
} from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { parquetReadObjects } from "hyparquet";
import mysql from "mysql2/promise";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, createMember } from "./db-clusters.ts";
import { createAvailable, masterPassword, queryAsMaster, uniqueIdentifier } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refused } from "./rejection.ts";

const role = "arn:aws:iam::000000000000:role/export";
const key = "arn:aws:kms:us-east-1:000000000000:key/0ea3fef3-80a7-4778-9d8c-1c0c6ea0f0aa";

async function makeBucket(aws: TestServer): Promise<string> {
  const Bucket = uniqueIdentifier();
  await aws.s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

async function makeSnapshot(aws: TestServer, DBInstanceIdentifier: string) {
  const DBSnapshotIdentifier = uniqueIdentifier();
  await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
  const { DBSnapshotArn = "" } = await eventually(
    "the snapshot is available",
    async () => {
      const { DBSnapshots = [] } = await aws.rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
      return DBSnapshots[0]?.Status === "available" && DBSnapshots[0];
    },
    120_000,
  );
  return { DBSnapshotIdentifier, DBSnapshotArn };
}

/** Starts an export with what is right, but for what a test changes in it. */
function start(aws: TestServer, input: Partial<StartExportTaskCommandInput>): Promise<ExportTask> {
  const ExportTaskIdentifier = `task-${uniqueIdentifier()}`;
  const request = { ExportTaskIdentifier, SourceArn: "", S3BucketName: "", IamRoleArn: role, KmsKeyId: key };
  return aws.rds.send(new StartExportTaskCommand({ ...request, ...input }));
}

function untilEnded(aws: TestServer, { ExportTaskIdentifier = "" }: ExportTask): Promise<ExportTask> {
  return eventually(
    `${ExportTaskIdentifier} ends`,
    async () => {
      const { ExportTasks = [] } = await aws.rds.send(new DescribeExportTasksCommand({ ExportTaskIdentifier }));
      return ["COMPLETE", "CANCELED", "FAILED"].includes(ExportTasks[0]?.Status ?? "") && (ExportTasks[0] ?? false);
    },
    120_000,
  );
}

async function keysOf(aws: TestServer, Bucket: string): Promise<string[]> {
  const { Contents = [] }: ListObjectsV2CommandOutput = await aws.s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key = "" }) => Key);
}

async function bytesOf(aws: TestServer, Bucket: string, Key: string): Promise<Uint8Array<ArrayBuffer>> {
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key }));
  return new Uint8Array((await Body?.transformToByteArray()) ?? []);
}

async function rowsOf(aws: TestServer, bucket: string, key: string): Promise<Record<string, unknown>[]> {
  const { buffer: file } = await bytesOf(aws, bucket, key);
  const GZIP = (bytes: Uint8Array) => gunzipSync(bytes);
  return await parquetReadObjects({ file, compressors: { GZIP } });
}

describe("rds export tasks", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("are described by name, source, bucket and status, and refused a second time", async () => {
    const S3BucketName = await makeBucket(aws);
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const { DBSnapshotArn: SourceArn } = await makeSnapshot(aws, DBInstanceIdentifier);
    const started = await start(aws, { SourceArn, S3BucketName, S3Prefix: "a/b" });
    expect(started).to.deep.include({
      ...{ SourceArn, S3Bucket: S3BucketName, S3Prefix: "a/b", IamRoleArn: role, KmsKeyId: key },
      ...{ Status: "STARTING", PercentProgress: 0, SourceType: "SNAPSHOT" },
    });
    const ended = await untilEnded(aws, started);
    expect(ended).to.include({ Status: "COMPLETE", PercentProgress: 100, TotalExtractedDataInGB: 0 });
    expect(ended.TaskEndTime?.getTime()).to.be.at.least(ended.TaskStartTime?.getTime() ?? Number.NaN);
    const { ExportTaskIdentifier = "" } = started;
    expect(await keysOf(aws, S3BucketName)).to.deep.equal([
      `a/b/${ExportTaskIdentifier}/export_info_${ExportTaskIdentifier}.json`,
    ]);
    const Filters = [
      { Name: "s3-bucket", Values: [S3BucketName] },
      { Name: "status", Values: ["complete"] },
    ];
    for (const query of [{ SourceArn }, { Filters }, { SourceArn, SourceType: "SNAPSHOT" as const }]) {
      const { ExportTasks = [] } = await aws.rds.send(new DescribeExportTasksCommand(query));
      expect(ExportTasks.map((task) => task.ExportTaskIdentifier)).to.deep.equal([ExportTaskIdentifier]);
    }
    const again = start(aws, { ExportTaskIdentifier, SourceArn, S3BucketName });
    expect(await refused(again)).to.equal("ExportTaskAlreadyExistsFault 400");
    const cancel = new CancelExportTaskCommand({ ExportTaskIdentifier });
    expect(await refused(aws.rds.send(cancel))).to.equal("InvalidExportTaskStateFault 400");
  });

  it("are refused without a snapshot, a bucket, a role, or with parts that cannot be", async () => {
    const S3BucketName = await makeBucket(aws);
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const { DBSnapshotArn: SourceArn, DBSnapshotIdentifier } = await makeSnapshot(aws, DBInstanceIdentifier);
    const right = { SourceArn, S3BucketName };
    const arn = "arn:aws:rds:us-east-1:000000000000";
    const refusals: [Partial<StartExportTaskCommandInput>, string][] = [
      [{ SourceArn: `${arn}:snapshot:none` }, "DBSnapshotNotFoundFault 404"],
      [{ SourceArn: `${arn}:cluster-snapshot:none` }, "DBClusterSnapshotNotFoundFault 404"],
      [{ SourceArn: `${arn}:cluster:none` }, "DBClusterNotFoundFault 404"],
      [{ S3BucketName: uniqueIdentifier() }, "InvalidS3BucketFault 400"],
      [{ IamRoleArn: "role" }, "IamRoleNotFoundFault 404"],
      [{ ExportOnly: ["a.b.c.d"] }, "InvalidExportOnlyFault 400"],
      [{ ExportTaskIdentifier: "1" }, "InvalidParameterValue 400"],
      [{ S3Prefix: "a:b" }, "InvalidParameterValue 400"],
    ];
    for (const [wrong, error] of refusals) {
      expect(await refused(start(aws, { ...right, ...wrong })), JSON.stringify(wrong)).to.equal(error);
    }
    const none = { ExportTaskIdentifier: "none" };
    expect(await refused(aws.rds.send(new DescribeExportTasksCommand(none)))).to.equal("ExportTaskNotFoundFault 404");
    expect(await refused(aws.rds.send(new CancelExportTaskCommand(none)))).to.equal("ExportTaskNotFoundFault 404");
    await aws.rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier }));
    expect(await refused(start(aws, right))).to.equal("DBSnapshotNotFoundFault 404");
  });
});

describe("rds export tasks of real databases", function () {
  this.timeout(240_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  it("write the tables of a snapshot as Parquet with their types, or those that are asked for", async () => {
    const S3BucketName = await makeBucket(aws);
    const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds);
    for (const statement of [
      `create table kinds (id bigint primary key, small smallint, price numeric(10,2), ratio float8, real4 real, yes boolean,
                           raw bytea, what text, at timestamptz, ids int[])`,
      `insert into kinds values (9007199254740993, 7, 1.50, 0.1, 0.5, true, '\\x00ff', 'Käse', '2024-05-01 12:00:00+00', '{1,2}'),
                                (2, null, null, null, null, null, null, null, null, null)`,
      "create schema shop",
      "create table shop.empty (id int)",
      "create table shop.many as select n as id, repeat('x', 100) as filler from generate_series(1, 2500) n",
      "alter table kinds enable row level security, force row level security",
    ]) {
      await queryAsMaster(Endpoint?.Port, statement);
    }
    const { DBSnapshotArn: SourceArn } = await makeSnapshot(aws, DBInstanceIdentifier);
    await queryAsMaster(Endpoint?.Port, "insert into shop.empty values (1)");
    const ended = await untilEnded(aws, await start(aws, { SourceArn, S3BucketName }));
    expect(ended.Status, ended.FailureCause).to.equal("COMPLETE");
    const folder = ended.ExportTaskIdentifier ?? "";
    const keys = await keysOf(aws, S3BucketName);
    const named = (table: string) =>
      keys.find((name) => name.startsWith(`${folder}/postgres/${table}/1/part-00000-`)) ?? "";
    expect(keys).to.deep.equal(
      [
        ...[named("public.kinds"), named("shop.empty"), named("shop.many")],
        `${folder}/export_info_${folder}.json`,
        `${folder}/export_tables_info_${folder}_from_1_to_3.json`,
      ].sort(),
    );
    expect(named("public.kinds")).to.match(/\.gz\.parquet$/);
    const [row, second] = await rowsOf(aws, S3BucketName, named("public.kinds"));
    expect(row).to.deep.equal({
      ...{ id: 9007199254740993n, small: 7, price: "1.50", ratio: 0.1, real4: 0.5, yes: true },
      ...{ raw: row?.raw, what: "Käse", at: "2024-05-01 12:00:00+00", ids: "{1,2}" },
    });
    expect(second).to.include({ id: 2n, small: null, what: null });
    expect(await rowsOf(aws, S3BucketName, named("shop.empty"))).to.deep.equal([]);
    const many = await rowsOf(aws, S3BucketName, named("shop.many"));
    expect(many.map(({ id }) => id)).to.deep.equal(Array.from({ length: 2500 }, (_, index) => index + 1));
    const head = { Bucket: S3BucketName, Key: named("shop.many"), ChecksumMode: "ENABLED" as const };
    const object = await aws.s3.send(new HeadObjectCommand(head));
    expect(object).to.include({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: key });
    expect(object.ETag).to.match(/^"[0-9a-f]{32}"$/);
    expect(object.ChecksumCRC64NVME).to.be.a("string");
    const info = await bytesOf(aws, S3BucketName, `${folder}/export_info_${folder}.json`);
    expect(JSON.parse(Buffer.from(info).toString())).to.include({ sourceArn: SourceArn, status: "COMPLETE" });

    const ExportOnly = ["postgres.shop.empty"];
    const part = await untilEnded(aws, await start(aws, { SourceArn, S3BucketName, S3Prefix: "part", ExportOnly }));
    expect(part).to.deep.include({ Status: "COMPLETE", ExportOnly });
    const parts = (await keysOf(aws, S3BucketName)).filter((name) => name.endsWith(".parquet") && /^part\//.test(name));
    expect(parts).to.have.length(1);
    const nothing = await untilEnded(aws, await start(aws, { SourceArn, S3BucketName, ExportOnly: ["nowhere"] }));
    expect(nothing.Status).to.equal("FAILED");
    expect(nothing.FailureCause).to.contain("nowhere");
  });

  it("write what a cluster has, and are canceled", async () => {
    const S3BucketName = await makeBucket(aws);
    const {
      DBClusterIdentifier,
      DBClusterArn: SourceArn,
      Port,
    } = await createCluster(aws.rds, { DatabaseName: "shop" });
    await createMember(aws.rds, DBClusterIdentifier);
    await queryAsMaster(Port, "create table kept as select 1 as id");
    const ended = await untilEnded(aws, await start(aws, { SourceArn, S3BucketName }));
    expect(ended, ended.FailureCause).to.include({ Status: "COMPLETE", SourceType: "CLUSTER" });
    const written = (await keysOf(aws, S3BucketName)).find((name) => name.includes("/postgres/public.kept/1/"));
    expect(await rowsOf(aws, S3BucketName, written ?? "")).to.deep.equal([{ id: 1 }]);
    const started = await start(aws, { SourceArn, S3BucketName });
    const { ExportTaskIdentifier } = started;
    const { Status } = await aws.rds.send(new CancelExportTaskCommand({ ExportTaskIdentifier }));
    expect(Status).to.equal("CANCELING");
    expect((await untilEnded(aws, started)).Status).to.equal("CANCELED");
  });
});

describe("rds export tasks of MariaDB", function () {
  this.timeout(240_000);
  requires("mariadb");
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
  });

  it("write its tables with its types", async () => {
    const S3BucketName = await makeBucket(aws);
    const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds, { Engine: "mariadb", DBName: "shop" });
    const connection = await mysql.createConnection({
      ...{ host: "127.0.0.1", port: Endpoint?.Port ?? 0, user: "master", password: masterPassword, database: "shop" },
    });
    try {
      await connection.query(`create table kinds (id bigint unsigned primary key, n int, price decimal(30,2), what text,
                                                  raw varbinary(10), at datetime(6), day date)`);
      await connection.query(`insert into kinds values (18446744073709551615, -1, 1234567890123456789.25, 'Käse', x'00ff',
                                                       '2024-05-01 12:00:00.000001', '2024-05-01')`);
    } finally {
      await connection.end();
    }
    const { DBSnapshotArn: SourceArn } = await makeSnapshot(aws, DBInstanceIdentifier);
    const ended = await untilEnded(aws, await start(aws, { SourceArn, S3BucketName, ExportOnly: ["shop.kinds"] }));
    expect(ended.Status, ended.FailureCause).to.equal("COMPLETE");
    const keys = await keysOf(aws, S3BucketName);
    const written = keys.find((name) => name.startsWith(`${ended.ExportTaskIdentifier}/shop/shop.kinds/1/part-00000-`));
    const [row] = await rowsOf(aws, S3BucketName, written ?? "");
    expect(row).to.deep.include({ n: -1, what: "Käse", day: "2024-05-01", at: new Date("2024-05-01T12:00:00.000Z") });
    expect(Number(row?.id)).to.equal(Number("18446744073709551615"));
    expect(Number(row?.price)).to.equal(Number("1234567890123456789.25"));
  });
});
