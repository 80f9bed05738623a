import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type * as S3 from "@aws-sdk/client-s3";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { inventoryFields } from "./inventory-fields.ts";
import { successor } from "./listing.ts";
import type { Encryption } from "./object-encryption.ts";
import { isReadable, type ObjectRow } from "./object-rows.ts";
import { objectOwnership } from "./ownership-rules.ts";
import { metadataOf } from "./restorations.ts";
import { writeServiceObject } from "./service-objects.ts";
import { findConfiguration } from "./stored-configurations.ts";

const batchSize = 1000;

/**
 * Writes the list of a bucket's objects into `target`: the list, a link to it for Hive, the manifest, and its checksum, which comes
 * last and says that all is there. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export async function writeInventory(
  ctx: ServiceContext,
  source: Bucket,
  target: Bucket,
  configuration: S3.InventoryConfiguration,
): Promise<void> {
  const destination = configuration.Destination?.S3BucketDestination;
  const prefix = destination?.Prefix ? `${destination.Prefix.replace(/\/$/, "")}/` : "";
  const folder = `${prefix}${source.name}/${configuration.Id}`;
  const [date = "", clock = ""] = ctx.now().toISOString().slice(0, 16).split("T");
  const time = clock.replace(":", "-");
  const encryption = encryptionOf(destination?.Encryption);
  const write = (key: string, body: Buffer, contentType: string) =>
    writeServiceObject(ctx, target, { key, body, contentType, acl: null, encryption });

  const names = [...inventoryFields(configuration).keys()];
  const format = await listFormat(destination?.Format);
  const list = await inventoryList(ctx, source, configuration, format);
  const listKey = `${folder}/data/${fileId(ctx)}.${format.extension}`;
  await write(listKey, list, "application/octet-stream");
  const manifest = JSON.stringify(
    {
      sourceBucket: source.name,
      destinationBucket: `arn:aws:s3:::${target.name}`,
      version: "2016-11-30",
      creationTimestamp: String(ctx.now().getTime()),
      fileFormat: destination?.Format,
      fileSchema: format.schema(names),
      files: [{ key: listKey, size: list.length, MD5checksum: md5(list) }],
    },
    null,
    2,
  );
  const link = Buffer.from(`s3://${target.name}/${listKey}`);
  await write(`${folder}/hive/dt=${date}-${time}/symlink.txt`, link, "text/plain");
  await write(`${folder}/${date}T${time}Z/manifest.json`, Buffer.from(manifest), "application/json");
  await write(`${folder}/${date}T${time}Z/manifest.checksum`, Buffer.from(md5(Buffer.from(manifest))), "text/plain");
}

interface ListFormat {
  readonly extension: string;
  schema(names: readonly string[]): string;
  /** Of the whole list at once; undefined for CSV, which is written line by line. */
  readonly list?: (names: readonly string[], rows: readonly (readonly string[])[]) => Buffer;
}

async function listFormat(name: S3.InventoryFormat | undefined): Promise<ListFormat> {
  if (name === "Parquet") {
    const { parquetList, parquetSchema } = await import("./inventory-parquet.ts");
    return { extension: "parquet", schema: parquetSchema, list: parquetList };
  }
  if (name === "ORC") {
    const { orcList, orcSchema } = await import("./inventory-orc.ts");
    return { extension: "orc", schema: orcSchema, list: orcList };
  }
  return { extension: "csv.gz", schema: (names) => names.join(", ") };
}

/** Parquet, ORC, or gzipped CSV: each field in quotes, and no line with the names. */
async function inventoryList(
  ctx: ServiceContext,
  bucket: Bucket,
  configuration: S3.InventoryConfiguration,
  format: ListFormat,
): Promise<Buffer> {
  const fields = inventoryFields(configuration);
  const shared = {
    bucket,
    aclsDisabled: (await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced",
    lifecycle: await findConfiguration(ctx.db, bucket, "Lifecycle"),
    day: ctx.config.lifecycleDay,
    now: ctx.now(),
  };
  async function* pages(): AsyncGenerator<string[][]> {
    let last: ObjectRow | undefined;
    do {
      const rows = await nextRows(ctx, bucket, configuration, last);
      const readable = rows.filter(isReadable);
      if (readable.length < rows.length) {
        const lost = rows.length - readable.length;
        ctx.log.error(
          { bucket: bucket.name, lost },
          "rows of S3 objects cannot be read: they are not in the inventory",
        );
      }
      yield readable.map((row) => {
        const item = { ...shared, row, metadata: metadataOf(row) };
        return [...fields.values()].map((field) => field(item));
      });
      last = rows.length < batchSize ? undefined : rows.at(-1);
    } while (last !== undefined);
  }
  if (format.list !== undefined) {
    const rows: string[][] = [];
    for await (const page of pages()) rows.push(...page);
    return format.list([...fields.keys()], rows);
  }
  async function* lines(): AsyncGenerator<string> {
    for await (const page of pages()) yield page.map(line).join("");
  }
  return pipeline(lines, createGzip(), buffer);
}

function line(texts: readonly string[]): string {
  return `${texts.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")}\n`;
}

/** In the order of keys, the versions of each newest first. */
function nextRows(
  { db }: ServiceContext,
  bucket: Bucket,
  { Filter, IncludedObjectVersions }: S3.InventoryConfiguration,
  last: ObjectRow | undefined,
): Promise<ObjectRow[]> {
  const prefix = Buffer.from(Filter?.Prefix ?? "");
  const end = successor(prefix);
  return db
    .selectFrom("s3_objects")
    .selectAll()
    .where("bucket_id", "=", bucket.id)
    .where("key", ">=", last?.key ?? prefix)
    .$if(end !== undefined, (query) => query.where("key", "<", end ?? prefix))
    .$if(last !== undefined, (query) =>
      query.where((eb) => eb.or([eb("key", ">", last?.key ?? prefix), eb("id", "<", last?.id ?? 0)])),
    )
    .$if(IncludedObjectVersions !== "All", (query) =>
      query.where("is_latest", "=", 1).where("is_delete_marker", "=", 0),
    )
    .orderBy("key")
    .orderBy("id", "desc")
    .limit(batchSize)
    .execute();
}

function encryptionOf(encryption: S3.InventoryEncryption | undefined): Encryption {
  const SSEKMSKeyId = encryption?.SSEKMS?.KeyId;
  if (SSEKMSKeyId !== undefined) return { ServerSideEncryption: "aws:kms", SSEKMSKeyId };
  return encryption?.SSES3 === undefined ? {} : { ServerSideEncryption: "AES256" };
}

/** `939c6d46-85a9-4ba8-87bd-9db705a579ce` */
function fileId(ctx: ServiceContext): string {
  const digits = ctx.randomBytes(16).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}
