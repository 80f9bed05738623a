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

const domain = String.raw`(?:localhost(?:\.localstack\.cloud)?|amazonaws\.com(?:\.cn)?|amazonaws\.eu)`;
/** `s3`, what may be said of it (`s3-fips.dualstack`, `s3-accelerate`), and its region. */
const endpoint = String.raw`s3(?:-fips|-accelerate)?(?:\.dualstack)?(?:[.-][a-z0-9-]+)?\.${domain}`;
const belowEndpoint = new RegExp(`^(.+)\\.${endpoint}$`);
/** The plain names that an endpoint may have, too. */
const belowLocalhost = /^(.+)\.localhost(?:\.localstack\.cloud)?$/;
/** What is no bucket there, but an endpoint itself: `s3`, `s3.us-east-1`, `s3-us-west-2`. */
const endpointName =
  /^s3(?:\.[a-z0-9-]+)*$|^s3-(?:[a-z]{2,4}(?:-[a-z]+)+-\d|external-1|fips|accelerate)(?:\.[a-z0-9-]+)*$/;

/** The bucket of a virtual-host style request: `bucket.s3.localhost:4566`, `bucket.localhost`, `bucket.s3.eu-west-1.amazonaws.com`. */
export function virtualHostBucket(host: string): string | undefined {
  const colon = host.lastIndexOf(":");
  const name = (colon === -1 || host.endsWith("]") ? host : host.slice(0, colon)).toLowerCase();
  if (!name.endsWith("localhost") && !name.endsWith(".cloud") && !name.includes(".amazonaws.")) return undefined;
  const bucket = belowEndpoint.exec(name)?.[1];
  if (bucket !== undefined) return bucket;
  const below = belowLocalhost.exec(name)?.[1];
  return below === undefined || endpointName.test(below) ? undefined : below;
}

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new AwsError("InvalidURI", "Couldn't parse the specified URI.", 400, { cause: error });
  }
}
