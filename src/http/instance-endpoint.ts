import { type SocketServer, serveSockets } from "../socket-server.ts";
import type { App } from "./app.ts";
import { handleAws } from "./aws-endpoint.ts";
import { awsServer } from "./server.ts";

/** Milliseconds in which nothing comes over a connection, after which it ends. */
const idleTimeout = 300_000;

/**
 * LocalAWS's endpoint as instances find it: for AWS's clients alone. The console, the JSON API and what callers on this
 * machine may do without a signature are not there: a program in an instance comes over a loopback address, too.
 */
export function createInstanceEndpoint(app: App): SocketServer {
  return serveSockets(
    awsServer((req, res) => void handleAws(app, req, res)),
    idleTimeout,
  );
}
