import { randomUUID } from "node:crypto";
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
  const [code, message] = words[error.code ?? ""] ?? ["BadRequest", "An error occurred when parsing the HTTP request."];
  const requestId = s3RequestId(randomUUID());
  const ids = `<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${ids}</Error>`;
  const head = ["HTTP/1.1 400 Bad Request", "content-type: application/xml", "connection: close", "server: AmazonS3"];
  head.push(`x-amz-request-id: ${requestId}`, `x-amz-id-2: ${hostId}`, `content-length: ${body.length}`);
  endWith(socket, [...head, "", isHead(error) ? "" : body].join("\r\n"));
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
