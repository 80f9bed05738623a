import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of a connection that wait for those before them; what it sends beyond that is not read yet. */
const maxWaiting = 16;

interface Line {
  /** The answer to the last request that came. */
  last: ServerResponse;
  waiting: number;
}

/**
 * A client may send requests without waiting for their answers. They are begun one after the other, where node begins all at once:
 * a write would be seen too late, or too early, by the read that follows it (RFC 9112, 9.3.2), and each answer that nobody fetches
 * would hold its file open.
 */
export function oneAfterTheOther(listener: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, Line>();
  return (req, res) => {
    const { socket } = req;
    const line = lines.get(socket);
    if (line === undefined) {
      lines.set(socket, { last: res, waiting: 0 });
      listener(req, res);
      return;
    }
    const before = line.last;
    line.last = res;
    if (before.closed) listener(req, res);
    else wait(req, line, before, () => listener(req, res));
  };
}

function wait({ socket }: IncomingMessage, line: Line, before: ServerResponse, begin: () => void): void {
  line.waiting += 1;
  if (line.waiting === maxWaiting) socket.pause();
  before.once("close", () => {
    // Nobody would hear the answer.
    if (socket.destroyed) return;
    line.waiting -= 1;
    if (line.waiting === maxWaiting - 1) socket.resume();
    begin();
  });
}
