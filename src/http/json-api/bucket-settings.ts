import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import { digestHeader } from "./digest-header.ts";
import { type Route, route } from "./route.ts";
import { named } from "./schemas.ts";

const rules = z.array(z.record(z.string(), z.unknown())).describe("As AWS's model has them.");

const publicAccessBlock = named(
  "PublicAccessBlock",
  z.strictObject({
    block_public_acls: z.boolean(),
    ignore_public_acls: z.boolean(),
    block_public_policy: z.boolean(),
    restrict_public_buckets: z.boolean(),
  }),
);

const settings = named(
  "BucketSettings",
  z.strictObject({
    versioning: z.string().nullable().describe("`Enabled` or `Suspended`; null where it never was on."),
    policy: z.string().nullable().describe("As it was written."),
    policy_is_public: z.boolean(),
    public_access_block: publicAccessBlock.nullable(),
    cors_rules: rules,
    lifecycle_rules: rules,
  }),
);

const versioning = named("BucketVersioning", z.strictObject({ status: z.enum(["Enabled", "Suspended"]) }));

const policy = named("BucketPolicy", z.strictObject({ policy: z.string().min(1).describe("The document's text.") }));

const place = { path: "/s3/buckets/{name}/policy", tag: "s3" } as const;

export const bucketSettingsRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/s3/buckets/{name}/settings", tag: "s3" },
      summary: "Read a bucket's versioning, policy, public access block, CORS and lifecycle",
      reply: settings,
      errors: [404],
    },
    async ({ params, call }) => {
      const bucket = { Bucket: params.name };
      const { Status } = await call("s3", "GetBucketVersioning", bucket);
      const found = await orNothing("NoSuchBucketPolicy", call("s3", "GetBucketPolicy", bucket));
      const status = await orNothing("NoSuchBucketPolicy", call("s3", "GetBucketPolicyStatus", bucket));
      const block = await orNothing("NoSuchPublicAccessBlockConfiguration", call("s3", "GetPublicAccessBlock", bucket));
      const cors = await orNothing("NoSuchCORSConfiguration", call("s3", "GetBucketCors", bucket));
      const asked = call("s3", "GetBucketLifecycleConfiguration", bucket);
      const lifecycle = await orNothing("NoSuchLifecycleConfiguration", asked);
      const blocked = block?.PublicAccessBlockConfiguration;
      return {
        versioning: Status ?? null,
        policy: found?.Policy ?? null,
        policy_is_public: status?.PolicyStatus?.IsPublic ?? false,
        public_access_block: blocked
          ? {
              block_public_acls: blocked.BlockPublicAcls ?? false,
              ignore_public_acls: blocked.IgnorePublicAcls ?? false,
              block_public_policy: blocked.BlockPublicPolicy ?? false,
              restrict_public_buckets: blocked.RestrictPublicBuckets ?? false,
            }
          : null,
        cors_rules: (cors?.CORSRules ?? []).map((rule) => ({ ...rule })),
        lifecycle_rules: (lifecycle?.Rules ?? []).map((rule) => ({ ...rule })),
      };
    },
  ),
  route(
    {
      ...{ method: "PUT", path: "/s3/buckets/{name}/versioning", tag: "s3" },
      summary: "Turn versioning on, or suspend it",
      body: versioning,
      errors: [400, 404, 409],
    },
    async ({ params, body, callWith }) => {
      await callWith(digestHeader(body.status))("s3", "PutBucketVersioning", {
        ...{ Bucket: params.name, VersioningConfiguration: { Status: body.status } },
      });
    },
  ),
  route(
    { ...place, method: "PUT", summary: "Write a bucket's policy", body: policy, errors: [400, 404] },
    async ({ params, body, callWith }) => {
      await callWith(digestHeader(body.policy))("s3", "PutBucketPolicy", { Bucket: params.name, Policy: body.policy });
    },
  ),
  route(
    { ...place, method: "DELETE", summary: "Delete a bucket's policy", errors: [404] },
    async ({ params, call }) => {
      await call("s3", "DeleteBucketPolicy", { Bucket: params.name });
    },
  ),
];

/** What S3 refuses to give because there is none. */
async function orNothing<Output>(code: string, asked: Promise<Output>): Promise<Output | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AwsError && error.code === code) return undefined;
    throw error;
  }
}
