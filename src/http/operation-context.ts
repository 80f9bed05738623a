import type { Principal } from "../aws/principal.ts";
import type { Context } from "../services/service-context.ts";
import type { App } from "./app.ts";

/** What an operation gets to work with, whichever door the request came in by. */
export function contextOf(
  app: App,
  request: Pick<Context, "requestId" | "operation" | "region" | "signal" | "request"> & { principal: Principal },
): Context {
  const { requestId, operation, region, principal } = request;
  // What all requests share is inherited: copying it took more of a small request than its look-ups.
  return {
    __proto__: app.serviceContext,
    requestId,
    operation,
    region,
    principal,
    get signal() {
      return request.signal;
    },
    accountId: principal.accountId,
    request: request.request,
  } as unknown as Context;
}
