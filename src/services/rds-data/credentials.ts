import { findSecret } from "../../db/secret-lookup.ts";
import type { Context } from "../service-context.ts";
import { invalidSecret, secretsError } from "./errors.ts";

export interface DatabaseCredentials {
  readonly username: string;
  readonly password: string;
}

/** Of a secret by its ARN or its name: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html#data-api.secrets */
export async function readCredentials(ctx: Context, secretArn: string): Promise<DatabaseCredentials> {
  const secret = await findSecret(ctx, secretArn);
  const isThere = secret !== undefined && secret.deleted === undefined;
  const version = isThere && secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  if (!version) {
    throw secretsError(`Error fetching secret ${secretArn} : Secrets Manager can't find the specified secret.`);
  }
  const value = parse(version.value);
  if (typeof value?.["username"] !== "string" || typeof value["password"] !== "string") throw invalidSecret();
  return { username: value["username"], password: value["password"] };
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
