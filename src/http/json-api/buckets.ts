import type { BucketLocationConstraint } from "@aws-sdk/client-s3";
import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { CallOperation } from "../call-operation.ts";
import { type Route, route } from "./route.ts";
import { dateTime, isoTime, named, nextToken, pageQuery, regionName } from "./schemas.ts";

const bucket = named(
  "Bucket",
  z.strictObject({ name: z.string(), region: z.string(), creation_date: dateTime.nullable() }),
);

const bucketList = named("BucketList", z.strictObject({ buckets: z.array(bucket), next_token: nextToken }));

const newBucket = named(
  "NewBucket",
  z.strictObject({
    name: z
      .string()
      .min(1)
      .meta({ examples: ["my-bucket"] }),
    region: regionName.optional().describe("The server's own region, where none is given."),
  }),
);

/** The region whose buckets have no location constraint. */
const globalRegion = "us-east-1";

export const bucketRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "POST", path: "/s3/buckets", tag: "s3", status: 201 },
      summary: "Create a bucket",
      body: newBucket,
      reply: bucket,
      errors: [400, 409],
    },
    async ({ body: { name, region: wanted }, region: own, callWith }) => {
      const region = wanted ?? own;
      const call = callWith({ region });
      // In us-east-1 S3 takes one's own bucket, made again, for made: here the name is taken.
      if ((await findBucket(call, name)) !== undefined) {
        const message = "Your previous request to create the named bucket succeeded and you already own it.";
        throw new AwsError("BucketAlreadyOwnedByYou", message, 409);
      }
      // The operation refuses what is no region.
      const constraint = { LocationConstraint: region as BucketLocationConstraint };
      await call("s3", "CreateBucket", {
        Bucket: name,
        ...(region === globalRegion ? {} : { CreateBucketConfiguration: constraint }),
      });
      return (await findBucket(call, name)) ?? { name, region, creation_date: null };
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/s3/buckets", tag: "s3" },
      summary: "List buckets",
      query: pageQuery(1, 10_000).extend({ prefix: z.string().optional() }),
      reply: bucketList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { Buckets = [], ContinuationToken } = await call("s3", "ListBuckets", {
        MaxBuckets: query.limit,
        ContinuationToken: query.next_token,
        Prefix: query.prefix,
      });
      return { buckets: Buckets.map(toBucket), next_token: ContinuationToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/s3/buckets/{name}", tag: "s3" },
      summary: "Delete an empty bucket",
      errors: [404, 409],
    },
    async ({ params, call }) => {
      await call("s3", "DeleteBucket", { Bucket: params.name });
    },
  ),
];

/** The first name that begins with a name is that name, if there is one. */
async function findBucket(call: CallOperation, name: string): Promise<z.input<typeof bucket> | undefined> {
  const { Buckets: [found] = [] } = await call("s3", "ListBuckets", { Prefix: name, MaxBuckets: 1 });
  return found?.Name === name ? toBucket(found) : undefined;
}

function toBucket(found: {
  Name?: string | undefined;
  BucketRegion?: string | undefined;
  CreationDate?: Date | undefined;
}): z.input<typeof bucket> {
  return {
    name: found.Name ?? "",
    region: found.BucketRegion ?? globalRegion,
    creation_date: isoTime(found.CreationDate),
  };
}
