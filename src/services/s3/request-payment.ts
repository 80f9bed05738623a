import type { Kysely } from "kysely";
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

/** Lets the answers say who was charged; those of operations that have no such member do not. */
export function sayingWhoPays<Operations extends Readonly<Record<string, AnyOperation<Context>>>>(
  operations: Operations,
): Operations {
  const saying = Object.entries(operations).map(([name, operation]) => [
    name,
    async (ctx: Context, input: never) => {
      const output = await operation(ctx, input);
      return charged.has(ctx) ? Object.assign({}, output, { RequestCharged: "requester" }) : output;
    },
  ]);
  // Each has what it had, and one member more.
  return Object.fromEntries(saying) as Operations;
}
