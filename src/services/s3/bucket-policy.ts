import type * as S3 from "@aws-sdk/client-s3";
import { parseResourcePolicy } from "../../auth/policy/parse-policy.ts";
import { type Patterns, type Policy, PolicyProblem, type Principals } from "../../auth/policy/policy.ts";
import { isPublicPolicy } from "../../auth/policy/public-policy.ts";
import { fitsWildcards } from "../../auth/policy/wildcards.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { isObjectAction } from "./actions.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { accessDenied, malformedPolicy, noSuchBucketPolicy } from "./errors.ts";
import { publicAccessBlock } from "./ownership-rules.ts";
import { checkAddresses, checkArns, checkConditionKeys } from "./policy-conditions.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketPolicy = {
  async PutBucketPolicy(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const text = input.Policy ?? "";
    const policy = validPolicy(text, bucket);
    if (isPublicPolicy(policy) && (await publicAccessBlock(ctx.db, bucket)).BlockPublicPolicy) {
      throw accessDenied(
        `User: ${ctx.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${bucket.name}" because public policies are blocked by the BlockPublicPolicy block public access setting.`,
      );
    }
    await storeConfiguration(ctx.db, bucket, "Policy", asRead(text));
    return { $metadata: { httpStatusCode: 204 } };
  },

  async GetBucketPolicy(ctx, input) {
    return { Policy: await requirePolicy(ctx, await requireBucket(ctx, input)) };
  },

  async DeleteBucketPolicy(ctx, input) {
    await removeConfiguration(ctx.db, await requireBucket(ctx, input), "Policy");
    return {};
  },

  async GetBucketPolicyStatus(ctx, input) {
    const text = await requirePolicy(ctx, await requireBucket(ctx, input));
    return { PolicyStatus: { IsPublic: isPublicPolicy(parseResourcePolicy(text)) } };
  },
} satisfies Operations<typeof S3, Context>;

/**
 * A policy without a version is of the first one, and an account that is named by its number is its root: both are said when it is
 * read. Any other text stays as it is.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
 */
function asRead(text: string): string {
  let isOther = false;
  const policy = JSON.parse(text, (name, value: unknown) => {
    if (!/^(?:Not)?Principal$/.test(name) || typeof value !== "object" || value === null || !("AWS" in value)) {
      return value;
    }
    const names = Array.isArray(value.AWS) ? value.AWS : [value.AWS];
    if (!names.some(isAccount)) return value;
    isOther = true;
    const roots = names.map((each: unknown) => (isAccount(each) ? `arn:aws:iam::${each}:root` : each));
    return { ...value, AWS: Array.isArray(value.AWS) ? roots : roots[0] };
  }) as Readonly<Record<string, unknown>>;
  if (policy["Version"] === undefined) return JSON.stringify({ Version: "2008-10-17", ...policy });
  return isOther ? JSON.stringify(policy) : text;
}

function isAccount(name: unknown): name is string {
  return typeof name === "string" && /^\d{12}$/.test(name);
}

const maxPolicyBytes = 20 * 1024;

async function requirePolicy(ctx: Context, bucket: Bucket): Promise<string> {
  const text = await findConfiguration(ctx.db, bucket, "Policy");
  if (text === undefined) throw noSuchBucketPolicy(bucket.name);
  return text;
}

/** @throws MalformedPolicy */
function validPolicy(text: string, bucket: Bucket): Policy {
  if (Buffer.byteLength(text) > maxPolicyBytes) {
    throw malformedPolicy("Policy exceeds the maximum allowed document size.");
  }
  try {
    const policy = parseResourcePolicy(text);
    for (const { effect, principal, action, resource } of policy.statements) {
      if (effect === "Allow" && principal?.except === true) {
        throw malformedPolicy("Allow with NotPrincipal is not allowed.");
      }
      if (principal !== undefined && hasPartOfAccount(principal.value)) {
        throw malformedPolicy("Invalid principal in policy");
      }
      if (!action.values.every(isAction)) throw malformedPolicy("Policy has invalid action");
      if (!resource.values.every((arn) => isResource(arn, bucket.name))) {
        throw malformedPolicy("Policy has invalid resource");
      }
      if (!fitEachOther(action, resource)) {
        throw malformedPolicy("Action does not apply to any resource(s) in statement");
      }
    }
    checkConditionKeys(policy);
    checkAddresses(policy);
    checkArns(policy);
    return policy;
  } catch (error) {
    throw error instanceof PolicyProblem ? malformedPolicy(error.message) : error;
  }
}

/** Principals are named one by one, or are everybody. */
function hasPartOfAccount(principals: Principals): boolean {
  return principals !== "*" && principals.AWS?.some((name) => name !== "*" && /[*?]/.test(name)) === true;
}

/** By their verbs: S3 has too many actions, and new ones too often, to know them all. */
const verbs =
  /^s3:(?:Abort|Associate|Bypass|Create|Delete|Describe|Dissociate|Get|Initiate|List|ObjectOwner|Pause|Put|Replicate|Restore|Submit|Tag|Untag|Update)\w+$/i;

function isAction(action: string): boolean {
  return action === "*" || (/^s3:[\w*?]+$/i.test(action) && (/[*?]/.test(action) || verbs.test(action)));
}

/** A bucket's policy is about that bucket and what is in it. */
function isResource(arn: string, bucket: string): boolean {
  const name = /^arn:(?:aws[\w-]*):s3:::([^/*?][^/]*)(?:\/|$)/.exec(arn)?.[1];
  return name !== undefined && fitsWildcards(name, bucket);
}

/** An action on objects needs a resource with a key, one on the bucket needs one without. Wildcards may stand for either. */
function fitEachOther(action: Patterns, resource: Patterns): boolean {
  if (action.except || resource.except) return true;
  const ofObjects = resource.values.some((arn) => arn.includes("/") || /[*?]/.test(arn));
  const ofBucket = resource.values.some((arn) => !arn.includes("/") || /:::[^/]*[*?]/.test(arn));
  return action.values.every((name) => /[*?]/.test(name) || (isObjectAction(name) ? ofObjects : ofBucket));
}
