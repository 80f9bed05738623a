import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { type MetadataFolder, readMetadata } from "../aws/metadata-tree.ts";
import { serveSockets } from "../socket-server.ts";
import { answerError } from "./error-page.ts";
import type { MetadataTokens } from "./metadata-tokens.ts";

/** What an instance may read about itself, and how it may ask. */
export interface InstanceMetadata {
  readonly enabled: boolean;
  /** Whether each request must bring a token (IMDSv2). */
  readonly tokenRequired: boolean;
  /** `meta-data`, `dynamic`, `user-data`: what is below each version. */
  readonly root: MetadataFolder;
}

interface MetadataServiceOptions {
  /** Undefined where there is no such instance. */
  readonly find: (instanceId: string) => Promise<InstanceMetadata | undefined>;
  readonly tokens: MetadataTokens;
  readonly log: Logger;
}

export interface MetadataService {
  /** Speaks HTTP on a connection of the instance. */
  serve(instanceId: string, socket: Socket): void;
  /** Ends every connection. */
  close(): void;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html: six hours at the most. */
const maxTokenSeconds = 21_600;
/** Milliseconds in which nothing comes over a connection, after which it ends. */
const idleTimeout = 60_000;
const ttlHeader = "x-aws-ec2-metadata-token-ttl-seconds";
const tokenPath = "latest/api/token";

/** The versions that AWS has; all answer the same here. */
const versions = [
  ..."1.0 2007-01-19 2007-03-01 2007-08-29 2007-10-10 2007-12-15 2008-02-01 2008-09-01 2009-04-04 2011-01-01".split(
    " ",
  ),
  ..."2011-05-01 2012-01-12 2014-02-25 2014-11-05 2015-10-20 2016-04-19 2016-06-30 2016-09-02 2018-03-28".split(" "),
  ..."2018-08-17 2018-09-24 2019-10-01 2020-10-27 2021-01-03 2021-03-23 2021-07-15 2022-09-24 2024-04-11".split(" "),
  "latest",
];

/** The instance metadata service, versions 1 and 2: who asks is known by the connection alone, never by what it says. */
export function createMetadataService(options: MetadataServiceOptions): MetadataService {
  const instanceOf = new WeakMap<Socket, string>();
  const server = createServer((req, res) => {
    req.resume();
    respond(options, instanceOf.get(req.socket) ?? "", req, res).catch((error: unknown) => {
      options.log.error({ err: error, path: req.url }, "the metadata service failed");
      answerError(res, 500);
    });
  });
  const sockets = serveSockets(server, idleTimeout);
  return {
    serve(instanceId, socket) {
      instanceOf.set(socket, instanceId);
      sockets.serve(socket);
    },
    close: sockets.close,
  };
}

async function respond(
  { find, tokens }: MetadataServiceOptions,
  instanceId: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const instance = await find(instanceId);
  if (instance === undefined) return answerError(res, 404);
  if (!instance.enabled) return answerError(res, 403);
  const path = pathOf(req);
  if (path === undefined) return answerError(res, 400);
  if (req.method === "PUT" && path === tokenPath) {
    const refusal = tokenRefusal(req);
    if (refusal !== undefined) return answerError(res, refusal);
    const seconds = Number(req.headers[ttlHeader]);
    return answer(res, tokens.issue(instanceId, seconds), { [ttlHeader]: seconds });
  }
  if ((req.method !== "GET" && req.method !== "HEAD") || path === tokenPath) return answerError(res, 405);
  const token = req.headers["x-aws-ec2-metadata-token"];
  const left = token === undefined ? undefined : tokens.secondsLeft(instanceId, String(token));
  if (left === undefined && (token !== undefined || instance.tokenRequired)) return answerError(res, 401);
  const [version = "", ...rest] = path.split("/");
  const found =
    version === ""
      ? versions.join("\n")
      : versions.includes(version)
        ? await readMetadata(instance.root, rest.join("/"))
        : undefined;
  if (found === undefined) return answerError(res, 404);
  answer(res, found, left === undefined ? {} : { [ttlHeader]: left });
}

/** 403 for a request that came through a proxy; 400 without a lifetime that a token may have. */
function tokenRefusal({ headers }: IncomingMessage): number | undefined {
  if (headers["x-forwarded-for"] !== undefined) return 403;
  const seconds = headers[ttlHeader];
  if (typeof seconds !== "string" || !/^\d{1,5}$/.test(seconds)) return 400;
  return Number(seconds) < 1 || Number(seconds) > maxTokenSeconds ? 400 : undefined;
}

/** Without the slashes that are no more than slashes; undefined for what is no path. */
function pathOf({ url = "" }: IncomingMessage): string | undefined {
  try {
    const [path = ""] = url.replace(/^https?:\/\/[^/]*/, "").split("?");
    if (path !== "" && !path.startsWith("/")) return undefined;
    return decodeURIComponent(path)
      .split("/")
      .filter((part) => part !== "")
      .join("/");
  } catch {
    return undefined;
  }
}

function answer(res: ServerResponse, body: string | Uint8Array, headers: Record<string, number>): void {
  const bytes = Buffer.from(body);
  const type = typeof body === "string" ? "text/plain" : "application/octet-stream";
  res.writeHead(200, { "content-type": type, "content-length": bytes.length, server: "EC2ws", ...headers });
  res.end(bytes);
}
