import { createHash } from "node:crypto";
import { idempotentParameterMismatch } from "./errors.ts";
import type { Scope } from "./scope.ts";

/** A request that may be repeated: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
interface IdempotentRequest {
  readonly operation: string;
  readonly token: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The refusal of other parameters, where the operation has words of its own for it. */
  readonly mismatch?: () => Error;
}

/** What the same request made before. @throws AwsError `IdempotentParameterMismatch` for the same token with other parameters */
export async function findMade(scope: Scope, request: IdempotentRequest): Promise<string[] | undefined> {
  const row = await scope.db
    .selectFrom("ec2_client_tokens")
    .select(["fingerprint", "resource_ids"])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("operation", "=", request.operation)
    .where("token", "=", request.token)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.fingerprint !== fingerprint(request)) throw (request.mismatch ?? idempotentParameterMismatch)();
  const ids: unknown = JSON.parse(row.resource_ids);
  return Array.isArray(ids) ? ids.map(String) : [];
}

export async function rememberMade(scope: Scope, request: IdempotentRequest, ids: readonly string[]): Promise<void> {
  await scope.db
    .insertInto("ec2_client_tokens")
    .values({
      account_id: scope.accountId,
      region: scope.region,
      operation: request.operation,
      token: request.token,
      fingerprint: fingerprint(request),
      resource_ids: JSON.stringify(ids),
    })
    .execute();
}

function fingerprint({ input }: IdempotentRequest): string {
  const { ClientToken: _, DryRun: __, ...parameters } = input;
  const members = Object.keys(parameters)
    .sort()
    .map((name) => [name, parameters[name]]);
  return createHash("sha256").update(JSON.stringify(members)).digest("hex");
}
