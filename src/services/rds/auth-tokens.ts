import { Readable } from "node:stream";
import { createAuthenticator } from "../../auth/authenticate.ts";
import { credentialScope } from "../../auth/credential-scope.ts";
import { rootPrincipal } from "../../auth/credential-store.ts";
import { AwsError } from "../../aws/aws-error.ts";
import type { ServiceContext } from "../service-context.ts";

/** Seconds: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html */
const longestExpiry = 900;

/** What endpoints are called by callers on this machine. */
const hostNames = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether a token of `generate-db-auth-token` (a presigned URL without its scheme) lets somebody log in as the user at an
 * endpoint: signed for that by a key of its account, and not expired. `address`: where it listens.
 */
export async function acceptsToken(
  ctx: ServiceContext,
  endpoint: { readonly accountId: string; readonly region: string; readonly address: string; readonly port: number },
  username: string,
  token: string,
): Promise<boolean> {
  const [, host = "", name = "", port, query = ""] = /^((.+):(\d+))\/?\?([!-~]+)$/.exec(token) ?? [];
  const parameters = new URLSearchParams(query);
  const isForThis =
    [...hostNames, endpoint.address].includes(name.toLowerCase()) &&
    Number(port) === endpoint.port &&
    parameters.get("Action") === "connect" &&
    parameters.get("DBUser") === username &&
    Number(parameters.get("X-Amz-Expires") ?? longestExpiry) <= longestExpiry;
  if (!isForThis) return false;
  const request = { method: "GET", path: "/", query, headers: { host }, body: Readable.from([]) };
  if (credentialScope(request)?.region !== endpoint.region) return false;
  const authenticator = createAuthenticator({
    ...{ credentials: ctx.credentials, mode: ctx.config.auth, root: rootPrincipal(endpoint.accountId, "") },
    now: () => ctx.now(),
  });
  try {
    const { principal } = await authenticator.authenticate(request, { service: "rds-db", protocol: "awsQuery" });
    return principal.accountId === endpoint.accountId;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}
