import { AwsError } from "../aws/aws-error.ts";
import type { Principal } from "../aws/principal.ts";
import { algorithm, splitCredential } from "./credential-scope.ts";
import type { Credentials } from "./credentials.ts";
import { invalidArgument, s3AuthErrors } from "./s3-errors.ts";
import { signV2 } from "./sigv2.ts";
import { equalSecrets, type SigningKeys, sign } from "./sigv4.ts";

interface FormSignature {
  readonly accessKeyId: string;
  readonly signature: string;
  /** Of the policy, by a secret. */
  readonly expected: (secretAccessKey: string) => string;
}

/**
 * Who signed the policy of a form, by Version 4 or 2; undefined for a form without a policy, which is anybody's. `fields` by
 * names in lower case. @throws AwsError
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export async function authenticatePost(
  fields: ReadonlyMap<string, string>,
  { credentials, keys, now }: { credentials: Credentials; keys: SigningKeys; now: number },
): Promise<Principal | undefined> {
  const policy = fields.get("policy");
  const form = formSignature(fields, policy ?? "", keys);
  // A policy that nobody signed is nobody's.
  if (form === undefined && !fields.has("awsaccesskeyid") && !fields.has("signature")) return undefined;
  if (policy === undefined) throw missingField("policy");
  if (form === undefined) throw missingField(fields.has("awsaccesskeyid") ? "Signature" : "AWSAccessKeyId");
  const { accessKeyId, signature, expected } = form;
  const credential = await credentials.find(accessKeyId);
  const token = fields.get("x-amz-security-token");
  if (credential === undefined) throw s3AuthErrors.unknownAccessKey(accessKeyId, token);
  if (credential.sessionToken !== undefined) {
    if (token === undefined) throw s3AuthErrors.missingToken(accessKeyId);
    if (!equalSecrets(credential.sessionToken, token)) throw s3AuthErrors.invalidToken(token);
    if (credential.expiration !== undefined && credential.expiration.getTime() <= now) {
      throw s3AuthErrors.expiredToken(token);
    }
  }
  if (!equalSecrets(expected(credential.secretAccessKey), signature)) {
    throw s3AuthErrors.signatureMismatch({ accessKeyId, signature, stringToSign: policy });
  }
  return credential.principal;
}

function formSignature(
  fields: ReadonlyMap<string, string>,
  policy: string,
  keys: SigningKeys,
): FormSignature | undefined {
  if (fields.has("x-amz-signature") || fields.has("x-amz-algorithm") || fields.has("x-amz-credential")) {
    for (const name of ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"]) {
      if (!fields.has(name.toLowerCase())) throw missingField(name);
    }
    if (fields.get("x-amz-algorithm") !== algorithm) {
      throw invalidArgument(
        `x-amz-algorithm only supports "${algorithm}"`,
        "x-amz-algorithm",
        fields.get("x-amz-algorithm") ?? "",
      );
    }
    const credential = fields.get("x-amz-credential") ?? "";
    const [accessKeyId, date, region, service, terminal] = splitCredential(credential) ?? [];
    if (
      accessKeyId === undefined ||
      date === undefined ||
      region === undefined ||
      service !== "s3" ||
      terminal !== "aws4_request"
    ) {
      const message = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".';
      throw new AwsError("InvalidArgument", `Error parsing the x-amz-credential parameter; ${message}`, 400);
    }
    const scope = { date, region, service };
    return {
      ...{ accessKeyId, signature: fields.get("x-amz-signature") ?? "" },
      expected: (secretAccessKey) => sign(keys(secretAccessKey, scope), policy),
    };
  }
  const accessKeyId = fields.get("awsaccesskeyid");
  const signature = fields.get("signature");
  if (accessKeyId === undefined || signature === undefined) return undefined;
  return { accessKeyId, signature, expected: (secretAccessKey) => signV2(secretAccessKey, policy) };
}

function missingField(name: string): AwsError {
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
  return invalidArgument(message, name, "");
}
