import type * as S3 from "@aws-sdk/client-s3";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { type AccessLine, accessLogState, setLogged } from "./logged-buckets.ts";
import { storedGrants } from "./object-access.ts";
import { fullControl, owner } from "./owner.ts";
import { objectOwnership } from "./ownership-rules.ts";
import { writeServiceObject } from "./service-objects.ts";
import { findConfiguration } from "./stored-configurations.ts";

/** At start: which buckets' requests are logged. */
export async function findLoggedBuckets(ctx: ServiceContext): Promise<void> {
  const rows = await ctx.db
    .selectFrom("buckets")
    .innerJoin("s3_bucket_configurations as logging", "logging.bucket_id", "buckets.id")
    .select("buckets.name")
    .where("logging.name", "=", "Logging")
    .execute();
  for (const { name } of rows) setLogged(ctx, name, true);
}

/** Writes records of a bucket into its target; none where the bucket is gone. */
export async function writeAccessLog(ctx: ServiceContext, name: string, lines: readonly AccessLine[]): Promise<void> {
  const source = await findBucket(ctx, name);
  const logging =
    source && ((await findConfiguration(ctx.db, source, "Logging")) ?? accessLogState(ctx).former.get(name));
  if (source === undefined || logging === undefined) return;
  const target = await findBucket(ctx, logging.TargetBucket ?? "");
  if (target === undefined || target.account_id !== source.account_id) {
    ctx.log.warn(
      { bucket: name, target: logging.TargetBucket, lost: lines.length },
      "there is no bucket for S3 access logs",
    );
    return;
  }
  const acl = await logGrants(ctx, target, logging);
  const { ID } = owner(source.account_id);
  for (const [key, records] of byKey(ctx, source, logging, lines)) {
    const body = Buffer.from(records.map(({ text }) => `${ID} ${text}\n`).join(""));
    await writeServiceObject(ctx, target, { key, body, contentType: "text/plain", acl });
  }
}

function findBucket(ctx: ServiceContext, name: string): Promise<Bucket | undefined> {
  return ctx.db.selectFrom("buckets").selectAll().where("name", "=", name).executeTakeFirst();
}

/** Where ACLs are disabled, those whom the configuration names are granted nothing. */
async function logGrants(ctx: ServiceContext, target: Bucket, { TargetGrants = [] }: S3.LoggingEnabled) {
  if (TargetGrants.length === 0 || (await objectOwnership(ctx.db, target)) === "BucketOwnerEnforced") return null;
  const { Grants } = fullControl(target.account_id);
  return storedGrants([...Grants, ...TargetGrants], target.account_id);
}

/**
 * The objects to write: one, or one for each day of the requests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-log-keyname-format
 */
function byKey(ctx: ServiceContext, source: Bucket, logging: S3.LoggingEnabled, lines: readonly AccessLine[]) {
  const { TargetPrefix = "", TargetObjectKeyFormat } = logging;
  const unique = () => ctx.randomBytes(8).toString("hex").toUpperCase();
  const [date = "", clock = ""] = ctx.now().toISOString().slice(0, 19).split("T");
  const time = clock.replaceAll(":", "-");
  const partitioned = TargetObjectKeyFormat?.PartitionedPrefix;
  if (partitioned === undefined) return new Map([[`${TargetPrefix}${date}-${time}-${unique()}`, lines]]);
  const folder = `${TargetPrefix}${source.account_id}/${source.region}/${source.name}`;
  const key = (day: string, at: string) => `${folder}/${day.replaceAll("-", "/")}/${day}-${at}-${unique()}`;
  if (partitioned.PartitionDateSource !== "EventTime") return new Map([[key(date, time), lines]]);
  const days = new Map<string, AccessLine[]>();
  for (const line of lines) {
    const day = line.received.toISOString().slice(0, 10);
    const ofDay = days.get(day);
    if (ofDay === undefined) days.set(day, [line]);
    else ofDay.push(line);
  }
  return new Map([...days].map(([day, ofDay]) => [key(day, "00-00-00"), ofDay]));
}
