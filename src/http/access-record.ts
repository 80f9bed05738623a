import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import type { Principal } from "../aws/principal.ts";
import type { S3Address } from "../protocol/s3-addressing.ts";
import type { AccessLog, Service } from "../services/service.ts";
import type { App } from "./app.ts";
import { readableAddress } from "./cross-origin.ts";
import { websiteBucket } from "./website.ts";

/** What is known of a request once it has been answered. */
interface Outcome {
  readonly requestId: string;
  readonly operation?: string;
  /** The error's. */
  readonly code?: string;
}

/** Undefined for a request to a bucket whose requests are not logged. */
export function openAccessRecord(
  app: App,
  { accessLog }: Service,
  request: HttpRequest,
  message: IncomingMessage,
): AccessRecord | undefined {
  let address: S3Address = {};
  const bucket = () => {
    address = addressOf(request);
    return address.bucket;
  };
  if (accessLog === undefined || !accessLog.logs(app.serviceContext, bucket)) return undefined;
  return new AccessRecord({ app, accessLog, request, message, address });
}

/** At a website's host, too. */
function addressOf(request: HttpRequest): S3Address {
  const site = websiteBucket(request.headers.host ?? "");
  if (site === undefined) return readableAddress(request);
  const { bucket: _, ...key } = readableAddress({ ...request, headers: {}, path: `/${site}${request.path}` });
  return { bucket: site, ...key };
}

interface Recorded {
  readonly app: App;
  readonly accessLog: AccessLog;
  readonly request: HttpRequest;
  readonly message: IncomingMessage;
  readonly address: S3Address;
}

/** A request whose bucket wants to know of it, from its arrival to the end of its answer. */
export class AccessRecord {
  readonly #recorded: Recorded;
  readonly #received: Date;
  readonly #started = performance.now();
  /** Bytes that its connection had sent before. */
  readonly #sentBefore: number;
  #read = this.#started;
  #answered: number | undefined;
  #response: HttpResponse | undefined;
  /** Who asks, once that is known. */
  principal: Principal | undefined;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#received = recorded.app.serviceContext.now();
    this.#sentBefore = recorded.message.socket.bytesWritten;
    recorded.message.once("end", () => {
      this.#read = performance.now();
    });
  }

  /** Before the answer is sent. */
  answer(response: HttpResponse): void {
    this.#answered = performance.now();
    this.#response = response;
  }

  /** When the answer has been sent, or its connection has ended. */
  close(res: ServerResponse, { requestId, operation, code }: Outcome): void {
    const { app, accessLog, request, message, address } = this.#recorded;
    const headers = this.#response?.headers ?? {};
    accessLog.add(app.serviceContext, {
      ...{ request, requestId, operation, principal: this.principal, received: this.#received },
      bucket: address.bucket ?? "",
      key: address.key,
      status: res.statusCode,
      errorCode: code,
      objectSize: objectSize(request, res.statusCode, headers),
      versionId: headers["x-amz-version-id"],
      exchange: {
        httpVersion: message.httpVersion,
        bytesSent: this.#bytesSent(res, Number(headers["content-length"] ?? 0)),
        totalTime: performance.now() - this.#started,
        turnAroundTime: this.#answered === undefined ? undefined : this.#answered - this.#read,
      },
    });
  }

  #bytesSent(res: ServerResponse, length: number): number {
    const { message } = this.#recorded;
    if (message.method === "HEAD") return 0;
    return res.writableFinished ? length : Math.min(length, message.socket.bytesWritten - this.#sentBefore);
  }
}

/** Of an object that was read or written as a whole, or of which a part was read. */
function objectSize(
  { method, headers: sent, query }: HttpRequest,
  status: number,
  headers: Readonly<Record<string, string>>,
): number | undefined {
  if (status >= 300) return undefined;
  const text =
    method === "PUT"
      ? (sent["x-amz-decoded-content-length"] ?? sent["content-length"])
      : (headers["content-range"]?.split("/")[1] ?? headers["content-length"]);
  const isOfObject = headers.etag !== undefined && method !== "POST" && !query.includes("uploadId=");
  return isOfObject && sent["x-amz-copy-source"] === undefined && text !== undefined ? Number(text) : undefined;
}
