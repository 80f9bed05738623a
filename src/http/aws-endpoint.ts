import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { credentialScope } from "../auth/credential-scope.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import { newS3RequestId, s3RequestId } from "../aws/request-id.ts";
import type { LoadedService } from "../protocol/registry.ts";
import { virtualHostBucket } from "../protocol/s3-addressing.ts";
import type { Service } from "../services/service.ts";
import { openAccessRecord } from "./access-record.ts";
import type { App } from "./app.ts";
import { crossOriginHeaders, preflightHeaders } from "./cross-origin.ts";
import { hasCode, notImplemented, plainError, toAwsError, unknownService } from "./endpoint-errors.ts";
import { Exchange, logRequest, type Served } from "./exchange.ts";
import { toHttpRequest } from "./http-request.ts";
import { identifyService } from "./identify-service.ts";
import { contextOf } from "./operation-context.ts";
import { isPostForm, postObject } from "./post-object.ts";
import { isPageRequest, sandboxPage } from "./sandboxed-page.ts";
import { send } from "./send.ts";
import { endUnread, silence } from "./silent-client.ts";
import { type SmallDelete, smallDelete } from "./small-delete.ts";
import { smallRead } from "./small-read.ts";
import { answerWebsite, websiteBucket } from "./website.ts";

/** Beyond this a request's input is not kept for the log of requests: bytes of its body. */
const maxLoggedBody = 64 * 1024;

/** Answers one request of an AWS client. Never rejects. */
export async function handleAws(app: App, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const started = performance.now();
  const request = toHttpRequest(req);
  try {
    if (answerSmallRead(app, request, res, started)) return;
    const deleting = smallDelete(app, request);
    if (deleting !== undefined && (await answerSmallDelete(app, deleting, res, started))) return;
  } catch (error) {
    app.log.error({ err: error, path: request.path }, "the answer could not be sent");
    res.destroy();
    return;
  }
  const requestId = randomUUID();
  const served: Served = { requestId, service: "-" };
  const exchange = new Exchange(requestId, served, req);
  res.once("close", () => {
    if (!res.writableFinished) exchange.abort();
    logRequest(app, served, { status: res.statusCode, started, input: exchange.input });
    exchange.access?.close(res, served);
  });
  try {
    const response = await answerInTime(app, request, exchange, res);
    if (isPageRequest(request)) sandboxPage(response);
    exchange.access?.answer(response);
    if (isLarge(response)) endUnread(res, app.config.longestSilence);
    await send(res, response);
    discardRest(req);
  } catch (error) {
    if (!exchange.aborted && !hasCode(error, /^(?:EPIPE|ECONNRESET)$/))
      app.log.error({ err: error, requestId }, "the answer could not be sent");
    // The status is out already: a cut connection is the only sign left that the body is not whole.
    res.destroy();
  }
}

/** What the network does not hold for a client that does not read. */
function isLarge({ body }: HttpResponse): boolean {
  return body !== undefined && (body instanceof Readable || body.length > 64 * 1024);
}

/** Some clients read no answer before they have sent all of their body, and the connection's next request comes after it. */
function discardRest(req: IncomingMessage): void {
  if (req.complete) return;
  req.unpipe();
  req.resume();
}

/** False where the request has to go the long way. Nothing is waited for, so that the answer's end need not be either. */
function answerSmallRead(app: App, request: HttpRequest, res: ServerResponse, started: number): boolean {
  const read = smallRead(app, request);
  if (read === undefined) return false;
  const { operation, region, input } = read;
  const requestId = newS3RequestId();
  res.writeHead(200, read.headers(requestId));
  res.end(read.body);
  logRequest(app, { requestId, service: "s3", operation, region }, { status: 200, started, input });
  return true;
}

/** False where the request has to go the long way. */
async function answerSmallDelete(app: App, deleting: SmallDelete, res: ServerResponse, started: number) {
  const { region, input, headers, done } = deleting;
  if (!(await done)) return false;
  const requestId = newS3RequestId();
  res.writeHead(204, headers(requestId));
  res.end();
  logRequest(app, { requestId, service: "s3", operation: "DeleteObject", region }, { status: 204, started, input });
  return true;
}

/** The answer, or the refusal of a client that does not go on sending: whoever waits for the rest then learns that it is cut off. */
async function answerInTime(
  app: App,
  request: HttpRequest,
  exchange: Exchange,
  res: ServerResponse,
): Promise<HttpResponse> {
  const silent = silence(exchange.message, res, app.config.longestSilence);
  if (silent === undefined) return answer(app, request, exchange);
  try {
    return await Promise.race([answer(app, request, exchange), silent]);
  } catch (error) {
    // The operation gives up as it does where the client is gone.
    exchange.abort();
    return refuse(app, request, exchange, error);
  }
}

/** In the words of the service, where it is known which one is meant. */
function refuse(app: App, request: HttpRequest, exchange: Exchange, error: unknown): HttpResponse {
  const { served } = exchange;
  const awsError = toAwsError(app, error, exchange);
  served.code = awsError.code;
  const service = app.registry.byName(served.service);
  const loaded = service && app.registry.loaded(service);
  if (loaded !== undefined) return loaded.protocol.serializeError(awsError, served.requestId, request);
  return plainError(awsError.status, awsError.code, awsError.message, exchange.requestId);
}

async function answer(app: App, received: HttpRequest, exchange: Exchange): Promise<HttpResponse> {
  try {
    await app.ready();
    const { service, name, region, request } = await identifyService(app.registry, received);
    exchange.served.service = name;
    if (service === undefined) return unknownService(name, request, exchange.requestId);
    return await serve(app, await app.registry.load(service), region ?? app.config.region, request, exchange);
  } catch (error) {
    const { code, message, status } = toAwsError(app, error, exchange);
    return plainError(status, code, message, exchange.requestId);
  }
}

/** Adds to the answer what a browser at a page of another origin needs to know; other requests cost a look at a header. */
async function serve(
  app: App,
  loaded: LoadedService<Service>,
  region: string,
  request: HttpRequest,
  exchange: Exchange,
): Promise<HttpResponse> {
  exchange.access = openAccessRecord(app, loaded.service, request, exchange.message);
  if (request.method === "OPTIONS" && loaded.service.crossOrigin !== undefined) {
    return servePreflight(app, loaded, request, exchange);
  }
  const response = await serveOperation(app, loaded, region, request, exchange);
  if (request.headers.origin !== undefined) {
    Object.assign(response.headers, await crossOriginHeaders(app, loaded.service, request));
  }
  return response;
}

/** The way of a request of a known service: match, authenticate, parse, run, serialize. */
async function serveOperation(
  app: App,
  loaded: LoadedService<Service>,
  region: string,
  request: HttpRequest,
  exchange: Exchange,
): Promise<HttpResponse> {
  const { service, protocol, operations, redact } = loaded;
  const requestId = clientRequestId(service, exchange);
  try {
    const site = service.protocol === "restXml" ? websiteBucket(request.headers.host ?? "") : undefined;
    if (site !== undefined) {
      exchange.served.operation = "WebsiteGetObject";
      return await answerWebsite(app, loaded, site, request, {
        ...{ requestId, region, served: exchange.served },
        get signal() {
          return exchange.signal;
        },
      });
    }
    if (isPostForm(service, request)) {
      return await postObject(app, { protocol, operations }, request, {
        ...{ requestId, region, served: exchange.served, access: exchange.access },
        get signal() {
          return exchange.signal;
        },
      });
    }
    const call = await protocol.match(request);
    exchange.served.operation = call.operation;
    exchange.served.region = region;
    const operation = operations[call.operation];
    // AWS takes some operations unsigned (AssumeRoleWithWebIdentity): no signature is asked for to say that there is none.
    if (operation === undefined && credentialScope(request) === undefined) {
      throw notImplemented(service.name, call.operation);
    }
    const target = {
      service: service.name,
      protocol: service.protocol,
      ...(call.payload && { payload: call.payload }),
      hostBucket: service.protocol === "restXml" ? virtualHostBucket(request.headers.host ?? "") : undefined,
    };
    const { principal, body } = await app.authenticator.authenticate(request, target);
    if (exchange.access !== undefined) exchange.access.principal = principal;
    const input = await call.parse(body);
    exchange.input = loggedInput(request, input, redact(call.operation, input));
    if (operation === undefined) throw notImplemented(service.name, call.operation);
    const ctx = contextOf(app, {
      ...{ requestId, operation: call.operation, region, principal, request: call.request ?? request },
      get signal() {
        return exchange.signal;
      },
    });
    // The schema that parsed the input is the one that the operation's type was made from.
    return protocol.serialize(call.operation, await operation(ctx, input as never), requestId);
  } catch (error) {
    const awsError = toAwsError(app, error, exchange);
    exchange.served.code = awsError.code;
    return protocol.serializeError(awsError, requestId, request);
  }
}

/** Browsers ask without credentials whether they may send a request. */
async function servePreflight(
  app: App,
  { service, protocol }: LoadedService<Service>,
  request: HttpRequest,
  exchange: Exchange,
): Promise<HttpResponse> {
  const requestId = clientRequestId(service, exchange);
  try {
    return protocol.serializeEmpty(await preflightHeaders(app, service, request), requestId);
  } catch (error) {
    const awsError = toAwsError(app, error, exchange);
    exchange.served.code = awsError.code;
    return protocol.serializeError(awsError, requestId, request);
  }
}

/** The request's id in the service's own form, which the log has too. */
function clientRequestId({ protocol }: Service, { requestId, served }: Exchange): string {
  served.requestId = protocol === "restXml" ? s3RequestId(requestId) : requestId;
  return served.requestId;
}

/** An input that holds a large body is not kept; of a streamed one there is nothing in it. */
function loggedInput(
  { headers }: HttpRequest,
  input: Record<string, unknown>,
  shown: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const streamed = "Body" in input && !("Body" in shown);
  return streamed || Number(headers["content-length"] ?? 0) <= maxLoggedBody ? shown : undefined;
}
