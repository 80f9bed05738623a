import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../aws/aws-error.ts";

/**
 * Rejects where a client says nothing for `longest` milliseconds in the middle of a request's body, and never settles otherwise;
 * undefined for a request without a body. A connection that nobody uses would be kept for good, and its half an upload with it.
 */
export function silence(req: IncomingMessage, res: ServerResponse, longest: number): Promise<never> | undefined {
  const { "content-length": length, "transfer-encoding": encoding } = req.headers;
  if (req.complete || ((length === undefined || length === "0") && encoding === undefined)) return undefined;
  const { socket } = req;
  // A stream that leads out of a container is none of the network's.
  if (typeof socket.setTimeout !== "function") return undefined;
  const silent = new Promise<never>((_resolve, reject) => {
    req.setTimeout(longest, () => {
      // Once a request is answered node tells nobody who still reads its body that there will be no more of it.
      socket.once("close", () => req.destroy());
      if (res.headersSent) socket.destroy();
      else reject(requestTimeout());
    });
  });
  // What is asked for may take longer than its body; a connection that waits for its next request has a limit of its own.
  req.once("end", () => {
    if (!res.writableFinished) socket.setTimeout(0);
  });
  return silent;
}

/** Ends the connection of a client that fetches nothing of an answer for `longest` milliseconds: it would hold its file, and its memory. */
export function endUnread(res: ServerResponse, longest: number): void {
  // A stream that leads out of a container is none of the network's.
  if (typeof res.socket?.setTimeout === "function") res.setTimeout(longest, () => res.destroy());
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function requestTimeout(): AwsError {
  const message =
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.";
  return new AwsError("RequestTimeout", message, 400, { headers: { connection: "close" } });
}
