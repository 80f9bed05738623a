import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { hostId } from "../aws/host-id.ts";
import { s3RequestId } from "../aws/request-id.ts";

/** With the bytes at which the parser stopped. */
type UnreadableError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** What is no HTTP, or has more in its head than is read: what Node would answer has no code. */
export function answerUnreadable(error: UnreadableError, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [code, message] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ["RequestHeaderSectionTooLarge", "Your request header section exceeds the maximum allowed size."]
      : ["BadRequest", "An error occurred when parsing the HTTP request."];
  const requestId = s3RequestId(randomUUID());
  const ids = `<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${ids}</Error>`;
  const head = ["HTTP/1.1 400 Bad Request", "content-type: application/xml", "connection: close", "server: AmazonS3"];
  head.push(`x-amz-request-id: ${requestId}`, `x-amz-id-2: ${hostId}`, `content-length: ${body.length}`);
  socket.end([...head, "", isHead(error) ? "" : body].join("\r\n"));
}

/** Who asks with HEAD takes a body for the next answer. */
function isHead({ rawPacket }: UnreadableError): boolean {
  return rawPacket?.subarray(0, 5).toString("latin1") === "HEAD ";
}
