import type { Kysely } from "kysely";
import { AwsError } from "../../aws/aws-error.ts";
import type { AnyOperation } from "../../aws/operations.ts";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { accessDenied } from "./errors.ts";
import { findConfiguration } from "./stored-configurations.ts";

/** Requests that whoever sent them pays for. */
const charged = new WeakSet<Context>();

/**
 * In a bucket whose requester pays, others than its owner must say that they do; who signs nothing cannot.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
 * @throws AccessDenied
 */
export async function requirePayer(ctx: Context, bucket: Bucket, db: Kysely<Database>): Promise<void> {
  const { principal, request } = ctx;
  const isAnonymous = principal.type === "anonymous";
  if (!isAnonymous && principal.accountId === bucket.account_id) return;
  if ((await findConfiguration(db, bucket, "RequestPayment")) !== "Requester") return;
  const pays = request.headers["x-amz-request-payer"] === "requester";
  if (isAnonymous || !pays) throw accessDenied();
  charged.add(ctx);
}

/** Lets all answers say who was charged, errors and those without such a member included (decision 0161). */
export function sayingWhoPays<Operations extends Readonly<Record<string, AnyOperation<Context>>>>(
  operations: Operations,
): Operations {
  const saying = Object.entries(operations).map(([name, operation]) => [
    name,
    async (ctx: Context, input: never) => {
      try {
        const output = await operation(ctx, input);
        return charged.has(ctx) ? withCharge(output) : output;
      } catch (error) {
        throw charged.has(ctx) && error instanceof AwsError ? chargedError(error) : error;
      }
    },
  ]);
  // Each has what it had, and one header more.
  return Object.fromEntries(saying) as Operations;
}

const header = { "x-amz-request-charged": "requester" };

/** `output`: what an operation gives, of whatever shape. */
function withCharge(output: unknown): object {
  const { $metadata } = output as { readonly $metadata?: Metadata };
  const httpHeaders = { ...$metadata?.httpHeaders, ...header };
  return Object.assign({}, output, { $metadata: { ...$metadata, httpHeaders } });
}

interface Metadata {
  readonly httpHeaders?: Readonly<Record<string, string>>;
}

function chargedError(error: AwsError): AwsError {
  const { code, message, status, members } = error;
  return new AwsError(code, message, status, { members, headers: { ...error.headers, ...header }, cause: error });
}
