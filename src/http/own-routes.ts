import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import express, { type Express } from "express";
import type { App } from "./app.ts";
import { bearerToken } from "./bearer-token.ts";
import { answerPreflight, refuseForeign, setSecurityHeaders } from "./browser-guard.ts";
import { consoleBase, consoleFile } from "./console-files.ts";
import { health } from "./health.ts";
import type { createJsonApi } from "./json-api/index.ts";
import { swaggerUiFile } from "./json-api/swagger-ui.ts";
import { isLocalCaller } from "./local-caller.ts";
import { send } from "./send.ts";

/** The first segments of LocalAWS's own paths. A signed request is never taken for one of them. */
const OWN = new Set([
  "_localaws",
  "_localstack",
  "auth",
  "ec2",
  "s3",
  "rds",
  "requests",
  "events",
  "console",
  "docs",
  "metrics",
]);

export function isOwnPath(url: string): boolean {
  const end = url.slice(1).search(/[/?]/);
  return OWN.has(end === -1 ? url.slice(1) : url.slice(1, end + 1));
}

/** Every route that is no AWS protocol's. */
export function ownRoutes(app: App): Express {
  const routes = express();
  routes.disable("x-powered-by");
  routes.get(["/_localaws/health", "/_localstack/health"], (_req, res) => {
    res.json(health(app));
  });
  routes.post("/_localaws/reset", async (req, res) => {
    const token = bearerToken(req);
    if (!isLocalCaller(req) && !(token !== undefined && (await app.sessions.verify(token)))) {
      problem(res, 403, "Only a caller on this machine, or one with a token of the console, may reset LocalAWS.");
      return;
    }
    await app.reset();
    app.log.info("all state was dropped");
    res.json({ status: "reset" });
  });
  // What follows is for browsers too: no other page may use it.
  routes.use((req, res, next) => {
    const refused = refuseForeign(app.config, req);
    setSecurityHeaders(app.config, req, res);
    if (refused !== undefined) problem(res, refused.status, refused.detail, refused.code);
    else if (!answerPreflight(req, res)) next();
  });
  routes.get("/", (_req, res) => {
    res.redirect(consoleBase);
  });
  routes.get(["/console", "/console/{*path}"], async (req, res, next) => {
    const file = await consoleFile(req.path.slice(consoleBase.length));
    if (file === undefined) next();
    else await send(res, file);
  });
  let loading: Promise<ReturnType<typeof createJsonApi>> | undefined;
  // Its schemas are a quarter of the memory of a fresh start: whoever has AWS's clients alone does without them.
  const jsonApi = () => {
    loading ??= import("./json-api/index.ts").then((module) => module.createJsonApi(app));
    return loading;
  };
  routes.get("/docs/openapi.json", async (_req, res) => {
    res.json((await jsonApi()).document);
  });
  routes.get(["/docs", "/docs/{:file}"], async (req, res, next) => {
    const file = swaggerUiFile(String(req.params.file ?? ""));
    if (file === undefined) next();
    else await send(res, file);
  });
  routes.use(async (req, res, next) => (await jsonApi()).answer(req, res, next));
  routes.use((req, res) => problem(res, 404, `There is nothing at ${req.path}.`, "NotFound"));
  routes.use(((error, _req, res, _next) => {
    // Express's word for a % that begins no escape.
    if (error instanceof URIError) {
      problem(res, 400, "The path holds a % that begins no escape: encode it as %25.", "InvalidPath");
      return;
    }
    app.log.error({ err: error }, "a route failed unexpectedly");
    problem(res, 500, "LocalAWS failed to answer; its log says why.", "InternalFailure");
  }) satisfies express.ErrorRequestHandler);
  return routes;
}

/** RFC 9457 */
function problem(res: express.Response, status: number, detail: string, code = "AccessDenied"): void {
  const title = STATUS_CODES[status];
  res.status(status).type("application/problem+json");
  res.send(JSON.stringify({ type: "about:blank", title, status, detail, code, request_id: randomUUID() }));
}
