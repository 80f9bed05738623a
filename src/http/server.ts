import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { credentialScope } from "../auth/credential-scope.ts";
import { isSignedV2 } from "../auth/sigv2.ts";
import type { ListenAddress } from "../config.ts";
import { virtualHostBucket } from "../protocol/s3-addressing.ts";
import type { App } from "./app.ts";
import { handleAws } from "./aws-endpoint.ts";
import { limitConnections } from "./connection-limit.ts";
import { isOwnPath, ownRoutes } from "./own-routes.ts";
import { oneAfterTheOther } from "./pipelining.ts";
import { isPageRequest } from "./sandboxed-page.ts";
import type { TerminalSockets } from "./terminal-socket.ts";
import { answerUnreadable, answerWithoutHost, lacksHost } from "./unreadable.ts";
import { listenForUpgrades } from "./upgrade.ts";
import { websiteBucket } from "./website.ts";

/**
 * The way in, in order: AWS's clients first (routing in Express costs more than all else on their path), then LocalAWS's
 * own routes.
 */
function requestListener(app: App): RequestListener {
  const routes = ownRoutes(app);
  return (req, res) => {
    if (
      !isSignedByHeader(req) &&
      (isOwnPath(req.url ?? "/") || isConsoleVisit(req)) &&
      !isPresigned(req) &&
      !namesBucket(req)
    ) {
      routes(req, res);
    } else void handleAws(app, req, res);
  };
}

/**
 * Who waits for leave to send a body gets it when the body is first read, and not before a refusal: that spares sending what
 * is refused. A connection whose body was never asked for ends with the answer, since nobody knows whether it still comes.
 */
function continuedWhenRead(req: IncomingMessage, res: ServerResponse): [IncomingMessage, ServerResponse] {
  const read = req._read.bind(req);
  const keepAlive = res.shouldKeepAlive;
  let asked = false;
  res.shouldKeepAlive = false;
  req._read = (size) => {
    if (!asked && !res.headersSent) {
      asked = true;
      res.shouldKeepAlive = keepAlive;
      res.writeContinue();
    }
    read(size);
  };
  return [req, res];
}

/** A person who types the address into a browser, where an SDK would ask for the list of buckets. */
function isConsoleVisit({ method, url, headers }: IncomingMessage): boolean {
  return (
    url === "/" &&
    method === "GET" &&
    isPageRequest({ headers: { accept: headers.accept ?? "", host: headers.host ?? "" } })
  );
}

/** A bucket by a host name of S3's has every path; any other name below localhost may be the console's. */
function namesBucket({ headers: { host = "" } }: IncomingMessage): boolean {
  if (!host.includes(".s3")) return false;
  return websiteBucket(host) !== undefined || virtualHostBucket(host) !== undefined;
}

function isSignedByHeader({ headers }: IncomingMessage): boolean {
  return headers.authorization?.startsWith("AWS") === true;
}

function isPresigned({ url = "" }: IncomingMessage): boolean {
  const question = url.indexOf("?");
  const query = question === -1 ? "" : url.slice(question + 1);
  return query !== "" && (credentialScope({ headers: {}, query }) !== undefined || isSignedV2({ headers: {}, query }));
}

/** A server for AWS's clients, which does not listen yet. */
export function awsServer(answer: RequestListener): Server {
  const listener = oneAfterTheOther((req, res) => (lacksHost(req) ? answerWithoutHost(req, res) : answer(req, res)));
  // A body may take hours; whoever falls silent in it is refused by the endpoint. Without a limit of its own a head has none.
  const limits = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 75_000 };
  // Node's own refusal of what names no host has no code.
  const server = createServer({ ...limits, requireHostHeader: false }, listener);
  // S3 takes any expectation, and node would answer 417 to what it does not know.
  server.on("checkExpectation", listener);
  server.on("checkContinue", (req, res) => listener(...continuedWhenRead(req, res)));
  server.on("clientError", answerUnreadable);
  return server;
}

/** Starts one server an address. @throws the first address's error when it cannot be listened at, unless it is optional */
export async function listen(
  app: App,
  addresses: readonly ListenAddress[],
  terminals: TerminalSockets,
): Promise<Server[]> {
  const listener = requestListener(app);
  const servers: Server[] = [];
  try {
    for (const address of addresses) {
      const server = awsServer(listener);
      listenForUpgrades(server, (req, socket, head) => void terminals.upgrade(req, socket, head));
      try {
        limitConnections(server);
        await bind(server, address);
        // A connection that could not be accepted, for want of descriptors, is its client's loss alone.
        server.on("error", (error) => app.log.warn({ err: error }, "a connection could not be accepted"));
        servers.push(server);
      } catch (error) {
        if (!address.optional) throw error;
        app.log.warn(`${address.host}:${address.port} is taken: LocalAWS does without it.`);
      }
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return servers;
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Lets requests under way end, for `graceMs` at most. */
export async function stopServers(servers: readonly Server[], graceMs: number): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  // A connection is idle again when its last answer has been sent, though its client would keep it open.
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, 20);
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, graceMs);
  await Promise.all(closed);
  clearInterval(sweep);
  clearTimeout(timer);
}

/** Where a server listens: `127.0.0.1:4566`. */
export function addressOf(server: Server): ListenAddress {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}
