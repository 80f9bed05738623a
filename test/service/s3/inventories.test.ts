import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  DeleteBucketInventoryConfigurationCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type InventoryConfiguration,
  ListObjectsV2Command,
  PutBucketInventoryConfigurationCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { parquetReadObjects } from "hyparquet";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { readOrc } from "./orc-reader.ts";
import { newBucket, put, refusalCode } from "./s3-support.ts";

describe("s3 inventories", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ lifecycleDay: "1" });
  });
  after(() => aws.stop());

  function inventory(target: string, more: Partial<InventoryConfiguration> = {}): InventoryConfiguration {
    return {
      Id: "all",
      IsEnabled: true,
      IncludedObjectVersions: "Current",
      Schedule: { Frequency: "Daily" },
      Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${target}`, Format: "CSV", Prefix: "lists" } },
      ...more,
    };
  }

  const putInventory = (Bucket: string, InventoryConfiguration: InventoryConfiguration) =>
    aws.s3.send(
      new PutBucketInventoryConfigurationCommand({ Bucket, Id: InventoryConfiguration.Id, InventoryConfiguration }),
    );

  async function read(Bucket: string, Key: string): Promise<Buffer> {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  const keys = async (Bucket: string) =>
    ((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = "" }) => Key);

  /** The first list that is written, with what its manifest says of it. */
  async function firstList(source: string, target: string, configuration: InventoryConfiguration) {
    await putInventory(source, configuration);
    const checksumKey = await eventually("the checksum of a manifest", async () =>
      (await keys(target)).find((key) => key.endsWith("/manifest.checksum")),
    );
    await aws.s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket: source, Id: configuration.Id }));
    const text = await read(target, checksumKey.replace(/checksum$/, "json"));
    expect((await read(target, checksumKey)).toString()).to.equal(createHash("md5").update(text).digest("hex"));
    const manifest = JSON.parse(text.toString());
    const [{ key, size, MD5checksum }] = manifest.files;
    const list = await read(target, key);
    expect({ size, MD5checksum }).to.deep.equal({
      size: list.length,
      MD5checksum: createHash("md5").update(list).digest("hex"),
    });
    const lines = manifest.fileFormat === "CSV" ? gunzipSync(list).toString().trimEnd().split("\n") : [];
    return { checksumKey, manifest, list, lines };
  }

  it("list current objects as gzipped CSV, with a manifest and its checksum", async () => {
    const [source, target] = [await newBucket(aws), await newBucket(aws)];
    await put(aws, source, 'a "b"/ü', { Body: "12345" });
    await put(aws, source, "other");
    const more = { Filter: { Prefix: "a" }, OptionalFields: ["ETag", "Size", "StorageClass"] } as const;
    const { checksumKey, manifest, lines } = await firstList(
      source,
      target,
      inventory(target, { ...more, OptionalFields: [...more.OptionalFields] }),
    );
    expect(checksumKey).to.match(
      new RegExp(`^lists/${source}/all/\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\dZ/manifest.checksum$`),
    );
    expect(manifest).to.include({
      ...{ sourceBucket: source, destinationBucket: `arn:aws:s3:::${target}`, version: "2016-11-30" },
      ...{ fileFormat: "CSV", fileSchema: "Bucket, Key, Size, ETag, StorageClass" },
    });
    const etag = createHash("md5").update("12345").digest("hex");
    expect(lines).to.deep.equal([`"${source}","a%20%22b%22/%C3%BC","5","${etag}","STANDARD"`]);
    expect(await keys(target)).to.satisfy((all: string[]) => all.some((key) => /\/hive\/dt=.*symlink\.txt$/.test(key)));
  });

  it("list objects as Parquet, whose columns have their types", async () => {
    const [source, target] = [await newBucket(aws), await newBucket(aws)];
    await put(aws, source, "a b/ü", { Body: "12345" });
    await put(aws, source, "empty", { Body: "" });
    const Destination = { S3BucketDestination: { Bucket: `arn:aws:s3:::${target}`, Format: "Parquet" } } as const;
    const { manifest, list } = await firstList(
      source,
      target,
      inventory(target, { Destination, OptionalFields: ["Size", "LastModifiedDate", "ETag", "ReplicationStatus"] }),
    );
    expect(manifest.files[0].key).to.match(/\/data\/[0-9a-f-]{36}\.parquet$/);
    expect(manifest).to.include({
      fileFormat: "Parquet",
      fileSchema:
        "message s3.inventory {  required binary bucket (UTF8);  required binary key (UTF8);  optional int64 size;  optional int64 last_modified_date (TIMESTAMP_MILLIS);  optional binary e_tag (UTF8);  optional binary replication_status (UTF8);}",
    });
    const file = list.buffer.slice(list.byteOffset, list.byteOffset + list.length) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(
      rows.map(({ last_modified_date: modified, ...row }) => ({ ...row, isDate: modified instanceof Date })),
    ).to.deep.equal(
      ["12345", ""].map((body, index) => ({
        ...{ bucket: source, key: ["a b/ü", "empty"][index], size: BigInt(body.length) },
        ...{ e_tag: createHash("md5").update(body).digest("hex"), replication_status: null, isDate: true },
      })),
    );
  });

  it("list objects as ORC, whose columns have their types", async () => {
    const [source, target] = [await newBucket(aws), await newBucket(aws)];
    await put(aws, source, "a b/ü", { Body: "12345" });
    await put(aws, source, "empty", { Body: "" });
    const Destination = { S3BucketDestination: { Bucket: `arn:aws:s3:::${target}`, Format: "ORC" } } as const;
    const { manifest, list } = await firstList(
      source,
      target,
      inventory(target, { Destination, OptionalFields: ["Size", "LastModifiedDate", "ETag", "ReplicationStatus"] }),
    );
    expect(manifest.files[0].key).to.match(/\/data\/[0-9a-f-]{36}\.orc$/);
    expect(manifest).to.include({
      fileFormat: "ORC",
      fileSchema:
        "struct<bucket:string,key:string,size:bigint,last_modified_date:timestamp,e_tag:string,replication_status:string>",
    });
    expect(
      readOrc(list).map(({ last_modified_date: modified, ...row }) => ({ ...row, isDate: modified instanceof Date })),
    ).to.deep.equal(
      ["12345", ""].map((body, index) => ({
        ...{ bucket: source, key: ["a b/ü", "empty"][index], size: BigInt(body.length) },
        ...{ e_tag: createHash("md5").update(body).digest("hex"), replication_status: null, isDate: true },
      })),
    );
  });

  it("list all versions, of more than one page", async () => {
    const [source, target] = [await newBucket(aws), await newBucket(aws)];
    await aws.s3.send(
      new PutBucketVersioningCommand({ Bucket: source, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const { VersionId: first } = await put(aws, source, "key");
    const { VersionId: marker } = await aws.s3.send(new DeleteObjectCommand({ Bucket: source, Key: "key" }));
    // Each gets a delete marker: with them it is more than one page.
    const Objects = Array.from({ length: 1000 }, (_, index) => ({ Key: `nothing-${index}` }));
    await aws.s3.send(new DeleteObjectsCommand({ Bucket: source, Delete: { Objects, Quiet: true } }));
    const { lines, manifest } = await firstList(
      source,
      target,
      inventory(target, { IncludedObjectVersions: "All", OptionalFields: ["Size", "EncryptionStatus"] }),
    );
    expect(manifest.fileSchema).to.equal("Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, EncryptionStatus");
    expect(lines).to.have.length(1002);
    expect(new Set(lines.map((line) => line.split(",")[1]))).to.have.length(1001);
    expect(lines.slice(0, 2)).to.deep.equal([
      `"${source}","key","${marker}","true","true","",""`,
      `"${source}","key","${first}","false","false","3","SSE-S3"`,
    ]);
  });

  it("are not written where they are disabled, and have known fields alone", async () => {
    const [source, target, other] = [await newBucket(aws), await newBucket(aws), await newBucket(aws)];
    await putInventory(source, inventory(target, { Id: "disabled", IsEnabled: false }));
    await firstList(source, other, inventory(other));
    expect(await keys(target)).to.deep.equal([]);
    const unknown = inventory(target, { OptionalFields: ["Weight" as "Size"] });
    expect(await refusalCode(putInventory(source, unknown))).to.equal("MalformedXML 400");
  });
});
