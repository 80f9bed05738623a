import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { hostId } from "../aws/host-id.ts";
import { s3RequestId } from "../aws/request-id.ts";
import { endWith } from "./last-words.ts";

/** With the bytes at which the parser stopped. */
type UnreadableError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** What is no HTTP, or has more in its head than is read: what Node would answer has no code. */
export function answerUnreadable(error: UnreadableError, socket: Duplex): void {
  // Who opened a connection and never asked is told nothing, as who closed it.
  const isUnused = error.code === "ERR_HTTP_REQUEST_TIMEOUT" && "bytesRead" in socket && socket.bytesRead === 0;
  if (!socket.writable || error.code === "ECONNRESET" || isUnused) {
    socket.destroy();
    return;
  }
  const { body, headers } = unreadable(error.code);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  endWith(socket, ["HTTP/1.1 400 Bad Request", ...head, "", isHead(error) ? "" : body].join("\r\n"));
}

/** RFC 9112, 3.2: a request of HTTP/1.1 names its host. */
export function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === "1.1";
}

export function answerWithoutHost(_req: IncomingMessage, res: ServerResponse): void {
  const { body, headers } = unreadable(undefined);
  res.writeHead(400, headers).end(body);
}

function unreadable(cause: string | undefined): { body: string; headers: Record<string, string> } {
  const [code, message] = words[cause ?? ""] ?? ["BadRequest", "An error occurred when parsing the HTTP request."];
  const requestId = s3RequestId(randomUUID());
  const ids = `<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${ids}</Error>`;
  const headers = {
    ...{ "content-type": "application/xml", connection: "close", server: "AmazonS3" },
    ...{ "x-amz-request-id": requestId, "x-amz-id-2": hostId, "content-length": String(body.length) },
  };
  return { body, headers };
}

const words: Readonly<Record<string, readonly [code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "RequestHeaderSectionTooLarge",
    "Your request header section exceeds the maximum allowed size.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    "RequestTimeout",
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
  ],
};

/** Who asks with HEAD takes a body for the next answer. */
function isHead({ rawPacket }: UnreadableError): boolean {
  return rawPacket?.subarray(0, 5).toString("latin1") === "HEAD ";
}
