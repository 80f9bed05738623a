import type * as S3 from "@aws-sdk/client-s3";
import { isSignedV2 } from "../../auth/sigv2.ts";
import { kmsKeyArn } from "../../aws/kms-key.ts";
import type { Context } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import {
  type CustomerEncryption,
  type CustomerKey,
  type CustomerKeyInput,
  customerEncryption,
  customerKey,
} from "./customer-keys.ts";
import { accessDenied, invalidArgument, kmsNeedsVersion4 } from "./errors.ts";
import { findConfiguration } from "./stored-configurations.ts";

/** How an object is encrypted, as the answers say it. A key's id is kept as it was given: there is no KMS to look it up in. */
export type Encryption = Pick<S3.HeadObjectOutput, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled"> &
  CustomerEncryption;

const algorithms: readonly S3.ServerSideEncryption[] = ["AES256", "aws:kms", "aws:kms:dsse"];

export function isEncryption(name: string | undefined): name is S3.ServerSideEncryption {
  return algorithms.some((algorithm) => algorithm === name);
}

/**
 * What the headers ask for, else what the bucket says. @throws InvalidArgument
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 */
export async function newEncryption(
  ctx: Pick<Context, "db" | "accountId">,
  bucket: Bucket,
  input: Encryption & CustomerKeyInput & KmsContext,
): Promise<Encryption> {
  const ownKey = customerKey(input);
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, SSEKMSEncryptionContext } = input;
  if (ServerSideEncryption !== undefined && !isEncryption(ServerSideEncryption)) {
    throw invalidArgument(
      "The encryption method specified is not supported",
      "x-amz-server-side-encryption",
      ServerSideEncryption,
    );
  }
  if (SSEKMSEncryptionContext !== undefined) validateContext(SSEKMSEncryptionContext);
  if ((SSEKMSKeyId ?? SSEKMSEncryptionContext) !== undefined && !usesKms(ServerSideEncryption)) {
    throw invalidArgument(
      "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
      "x-amz-server-side-encryption",
      ServerSideEncryption ?? "null",
    );
  }
  if (ownKey !== undefined) {
    if (ServerSideEncryption === undefined) {
      await refuseBlockedKey(ctx, bucket, ownKey);
      return customerEncryption(ownKey);
    }
    const message =
      "Server Side Encryption with Customer provided key is incompatible with the encryption method specified";
    throw invalidArgument(message, "x-amz-server-side-encryption", ServerSideEncryption);
  }
  if (ServerSideEncryption === "AES256") return {};
  const [rule] = (await findConfiguration(ctx.db, bucket, "Encryption"))?.Rules ?? [];
  const fallback = rule?.ApplyServerSideEncryptionByDefault;
  const algorithm = ServerSideEncryption ?? fallback?.SSEAlgorithm;
  if (algorithm === undefined || !usesKms(algorithm)) return {};
  // The bucket's key is for what the bucket encrypts: a request that asks for KMS and names no key gets that of AWS.
  const key = SSEKMSKeyId ?? (ServerSideEncryption === undefined ? fallback?.KMSMasterKeyID : undefined);
  return {
    ServerSideEncryption: algorithm,
    SSEKMSKeyId: key ?? managedKey(ctx, bucket),
    ...(algorithm === "aws:kms" && (BucketKeyEnabled ?? rule?.BucketKeyEnabled) === true
      ? { BucketKeyEnabled: true }
      : {}),
  };
}

/** A bucket may take nothing more under keys of customers, be it the next part of an upload. @throws AccessDenied */
export async function refuseBlockedKey(
  { db }: Pick<Context, "db">,
  bucket: Bucket,
  key: CustomerKey | undefined,
): Promise<void> {
  if (key === undefined) return;
  const [rule] = (await findConfiguration(db, bucket, "Encryption"))?.Rules ?? [];
  if (rule?.BlockedEncryptionTypes?.EncryptionType?.includes("SSE-C") === true) throw accessDenied();
}

/**
 * What KMS encrypts is neither written nor read by who signs nothing, or by Version 2. @throws InvalidArgument
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export function requireVersion4({ principal, request }: Context, { ServerSideEncryption }: Encryption): void {
  if (!usesKms(ServerSideEncryption)) return;
  if (principal.type !== "anonymous" && !isSignedV2(request)) return;
  throw kmsNeedsVersion4(request.headers.authorization ?? null);
}

type KmsContext = Pick<S3.PutObjectRequest, "SSEKMSEncryptionContext">;

/** Pairs that KMS would bind a key to; without a KMS they mean nothing but to be told back. @throws InvalidArgument */
function validateContext(text: string): void {
  let context: unknown;
  try {
    context = JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  } catch {
    context = undefined;
  }
  const isMap = typeof context === "object" && context !== null && !Array.isArray(context);
  if (isMap && Object.values(context ?? {}).every((value) => typeof value === "string")) return;
  const header = "x-amz-server-side-encryption-context";
  const message = `The header '${header}' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map`;
  throw invalidArgument(message, header, text);
}

/** What the answer to a write says of its context; reads are not told. */
export function contextOutput({ SSEKMSEncryptionContext }: KmsContext): KmsContext {
  return SSEKMSEncryptionContext === undefined ? {} : { SSEKMSEncryptionContext };
}

/** How a thing is encrypted is said where it is begun, and nowhere else. */
export function refuseEncryptionHeader(ctx: Context): void {
  const name = "x-amz-server-side-encryption";
  const value = ctx.request.headers[name];
  if (value !== undefined) throw invalidArgument(`${name} header is not supported for this operation.`, name, value);
}

/** The headers of a stored version: keys of S3 where nothing else was asked for. */
export function encryptionOutput(encryption: Encryption): Encryption {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, SSECustomerAlgorithm, SSECustomerKeyMD5 } = encryption;
  if (SSECustomerKeyMD5 !== undefined) return { SSECustomerAlgorithm, SSECustomerKeyMD5 };
  return {
    ServerSideEncryption: ServerSideEncryption ?? "AES256",
    ...(SSEKMSKeyId === undefined ? {} : { SSEKMSKeyId }),
    ...(BucketKeyEnabled === undefined ? {} : { BucketKeyEnabled }),
  };
}

/** The headers of what has `attributes`: a version, or an upload. */
export function storedEncryption(attributes: string): Encryption {
  return encryptionOutput(JSON.parse(attributes) as Encryption);
}

function usesKms(algorithm: string | undefined): boolean {
  return algorithm !== undefined && algorithm !== "AES256";
}

function managedKey(ctx: Pick<Context, "accountId">, bucket: Bucket): string {
  return kmsKeyArn({ region: bucket.region, accountId: ctx.accountId || bucket.account_id }, "alias/aws/s3");
}
