import { AwsError } from "./aws-error.ts";

/** @throws AwsError S3's `InvalidDigest` for a Content-MD5 that is none */
export function validateContentMd5(value: string): void {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length === 16 && bytes.toString("base64") === value) return;
  throw new AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {
    members: { "Content-MD5": value },
  });
}

/**
 * Both in base64. S3 gives the client's digest back in hexadecimal: https://github.com/versity/versitygw/issues/2034
 * @throws AwsError S3's `BadDigest`
 */
export function compareContentMd5(expected: string, calculated: string): void {
  if (expected === calculated) return;
  throw new AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.", 400, {
    members: { CalculatedDigest: calculated, ExpectedDigest: Buffer.from(expected, "base64").toString("hex") },
  });
}
