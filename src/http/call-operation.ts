import { randomUUID } from "node:crypto";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type * as Rds from "@aws-sdk/client-rds";
import type * as S3 from "@aws-sdk/client-s3";
import { rootPrincipal } from "../auth/credential-store.ts";
import { AwsError } from "../aws/aws-error.ts";
import type { Operations } from "../aws/operations.ts";
import type { Context } from "../services/service-context.ts";
import type { App } from "./app.ts";
import { contextOf } from "./operation-context.ts";
import { changesState } from "./request-log.ts";

/** The services that LocalAWS itself calls, by the types of their SDKs. */
interface Sdks {
  ec2: typeof Ec2;
  rds: typeof Rds;
  s3: typeof S3;
}

type Handlers<Service extends keyof Sdks> = Required<Operations<Sdks[Service], Context>>;

type Handler<Service extends keyof Sdks, Name extends keyof Handlers<Service>> = Extract<
  Handlers<Service>[Name],
  (ctx: Context, input: never) => unknown
>;

export type InputOf<Service extends keyof Sdks, Name extends keyof Handlers<Service>> = Parameters<
  Handler<Service, Name>
>[1];

export type OutputOf<Service extends keyof Sdks, Name extends keyof Handlers<Service>> = Awaited<
  ReturnType<Handler<Service, Name>>
>;

/** Runs an operation of a service and resolves with its output. @throws AwsError as the operation does */
export type CallOperation = <Service extends keyof Sdks, Name extends keyof Handlers<Service> & string>(
  service: Service,
  operation: Name,
  input: InputOf<Service, Name>,
) => Promise<OutputOf<Service, Name>>;

export interface Caller {
  readonly requestId: string;
  readonly region: string;
  readonly signal: AbortSignal;
  /** What the operation may look at of a request: the headers that no input has. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The second door to the operations: the same code that answers AWS's clients, called as the default account's root. What
 * changes something goes into the log of requests.
 */
export function callOperation(app: App, caller: Caller): CallOperation {
  const { requestId, region, signal, headers } = caller;
  const principal = rootPrincipal(app.config.accountId, "");
  const request = { method: "POST", path: "/", query: "", headers };
  let calls = 0;
  return async <Service extends keyof Sdks, Name extends keyof Handlers<Service> & string>(
    service: Service,
    operation: Name,
    input: InputOf<Service, Name>,
  ): Promise<OutputOf<Service, Name>> => {
    await app.ready();
    const known = app.registry.byName(service);
    if (known === undefined) throw new Error(`There is no service ${service}.`);
    const { operations, redact } = await app.registry.load(known);
    const run = operations[operation];
    if (run === undefined) throw new Error(`LocalAWS does not emulate ${operation} of ${service}.`);
    // The first is the request; each further one has an id of its own in the log.
    const id = calls++ === 0 ? requestId : randomUUID();
    const started = performance.now();
    const log = (status: number, code?: string) => {
      if (!changesState(operation)) return;
      app.requests.push({
        ...{ requestId: id, service, operation, region, status, source: "console" },
        ...(code !== undefined && { code }),
        time: Date.now(),
        ms: Math.round((performance.now() - started) * 100) / 100,
        input: redact(operation, input as Record<string, unknown>),
      });
    };
    try {
      // A PutObject by POST would be one of a form.
      const sent = operation === "PutObject" ? { ...request, method: "PUT" } : request;
      const ctx = contextOf(app, { requestId: id, operation, region, principal, signal, request: sent });
      // `operations` has forgotten the types by which each of its handlers was checked; `Handler` says them again.
      const output = (await run(ctx, input as never)) as OutputOf<Service, Name>;
      log(200);
      return output;
    } catch (error) {
      log(error instanceof AwsError ? error.status : 500, error instanceof AwsError ? error.code : "InternalFailure");
      throw error;
    }
  };
}
