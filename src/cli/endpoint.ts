import type { Config, ListenAddress } from "../config.ts";
import type { health } from "../http/health.ts";
import { Failure } from "./failure.ts";

export type Health = ReturnType<typeof health>;

/** The URL by which this machine reaches a listening address. */
export function urlOf({ host, port }: ListenAddress): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** Where a LocalAWS with this configuration answers. */
export function configuredEndpoint(config: Config): string {
  const [first] = config.listen;
  if (first === undefined || first.port === 0) {
    throw new Failure("With port 0 only the LocalAWS that was started with it knows its address: see what it printed.");
  }
  return urlOf(first);
}

/** Asks a running LocalAWS. @throws Failure when none answers */
export async function ask(endpoint: string, path: string, method: "GET" | "POST" = "GET"): Promise<Response> {
  if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new Failure(`"${endpoint}" is no endpoint: write one such as http://127.0.0.1:4566.`);
  }
  try {
    return await fetch(new URL(path, endpoint), { method, signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError" ? " within a minute" : "";
    throw new Failure(
      `No LocalAWS answers at ${endpoint}${late}. Start one with \`localaws start\`, or name another with --endpoint.`,
    );
  }
}

/** @throws Failure when none answers, or something that is no LocalAWS */
export async function askHealth(endpoint: string): Promise<Health> {
  const answer = await ask(endpoint, "/_localaws/health");
  const health: unknown = await answer.json().catch(() => undefined);
  if (!isHealth(health)) throw new Failure(`${endpoint} answers, but it is not LocalAWS.`);
  return health;
}

function isHealth(value: unknown): value is Health {
  return typeof value === "object" && value !== null && "version" in value && "runtime" in value && "services" in value;
}
