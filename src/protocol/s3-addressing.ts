import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest } from "../aws/http-message.ts";

/** What an S3 request is about; neither: the account's buckets. */
export interface S3Address {
  readonly bucket?: string;
  readonly key?: string;
}

/**
 * Splits the bucket off, by path (`/bucket/key`) or by virtual host (`bucket.s3.localhost`), and decodes both.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * @throws AwsError `InvalidURI`
 */
export function s3Address(request: Pick<HttpRequest, "path" | "headers">): S3Address {
  const hostBucket = virtualHostBucket(request.headers["host"] ?? "");
  const path = request.path.slice(1);
  if (hostBucket !== undefined) return path === "" ? { bucket: hostBucket } : { bucket: hostBucket, key: decode(path) };
  const slash = path.indexOf("/");
  const bucket = decode(slash === -1 ? path : path.slice(0, slash));
  if (bucket === "") return {};
  const key = slash === -1 ? "" : path.slice(slash + 1);
  return key === "" ? { bucket } : { bucket, key: decode(key) };
}

const SUFFIX =
  /^(.+?)\.(?:s3[.-](?:[a-z0-9-]+\.)?(?:localhost(?:\.localstack\.cloud)?|amazonaws\.com(?:\.cn)?)|s3\.dualstack\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|s3-accelerate\.dualstack\.amazonaws\.com|localhost)$/;

/** The bucket of a virtual-host style request: `bucket.s3.localhost:4566`, `bucket.localhost`, `bucket.s3.eu-west-1.amazonaws.com`. */
export function virtualHostBucket(host: string): string | undefined {
  const colon = host.lastIndexOf(":");
  const name = (colon === -1 || host.endsWith("]") ? host : host.slice(0, colon)).toLowerCase();
  if (!name.endsWith("localhost") && !name.endsWith(".cloud") && !name.includes(".amazonaws.com")) return undefined;
  const bucket = SUFFIX.exec(name)?.[1];
  // `s3.localhost` and `s3.us-east-1.localhost` are the endpoint itself.
  return bucket === undefined || bucket === "s3" || /^s3[.-][a-z0-9-]+$/.test(bucket) ? undefined : bucket;
}

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new AwsError("InvalidURI", "Couldn't parse the specified URI.", 400, { cause: error });
  }
}
