import { connect, type Socket } from "node:net";

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly head: Buffer;
  readonly body?: Buffer;
  /** How often `body` is sent, one after the other; once where it is not given. */
  readonly times?: number;
  /** What follows the body. */
  readonly end?: Buffer;
}

/** Makes the bytes of a request. Header names and values are written as they are. */
export function wireRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  body?: Buffer,
  times = 1,
): WireRequest {
  const lines = Object.entries({
    ...headers,
    ...(body && !("content-length" in headers) && { "content-length": body.length * times }),
  });
  const head = Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
  return body === undefined ? { head } : { head, body, times };
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
}

/**
 * Sends requests over keep-alive connections, each one's next when its answer is whole. A client of `node:http` would be
 * slower than the servers that it measures. @throws Error for an answer whose status is not 2xx
 */
export async function load(
  port: number,
  requests: readonly WireRequest[],
  { connections, total }: { connections: number; total: number },
): Promise<LoadResult> {
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = await openConnection(port);
      while (next < total) {
        const request = requests[next++ % requests.length];
        if (request !== undefined) await connection.send(request);
      }
      connection.close();
    }),
  );
  return { requests: total, seconds: (performance.now() - started) / 1000 };
}

/** One request after the other over one connection, with the bodies of their answers. */
export async function openConnection(port: number) {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    async send({ head, body, times = 1, end }: WireRequest, keepBody = false): Promise<{ head: string; body: Buffer }> {
      const answer = readAnswer(socket, keepBody, head.subarray(0, 5).toString() === "HEAD ");
      if (body !== undefined && body.length < 64 * 1024 && times === 1) socket.write(Buffer.concat([head, body]));
      else {
        socket.write(head);
        for (let sent = 0; body !== undefined && sent < times; sent++) await write(socket, body);
        if (end !== undefined) await write(socket, end);
      }
      const received = await answer;
      if (!/^HTTP\/1\.1 2/.test(received.head)) throw new Error(`${received.head}\n${received.body}`);
      return received;
    },
    close: () => socket.destroy(),
  };
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.write(bytes)) return Promise.resolve();
  return new Promise((resolve) => socket.once("drain", resolve));
}

function readAnswer(socket: Socket, keepBody: boolean, isHead: boolean): Promise<{ head: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    let buffered: Buffer = Buffer.alloc(0);
    let head: string | undefined;
    let left = 0;
    let chunked = false;
    const kept: Buffer[] = [];
    const done = () => {
      socket.off("data", onData).off("error", onEnd).off("close", onEnd);
      resolve({ head: head ?? "", body: Buffer.concat(kept) });
    };
    const onEnd = (error?: unknown) => reject(error instanceof Error ? error : new Error("The connection was closed."));
    const onData = (chunk: Buffer) => {
      let bytes = chunk;
      if (head === undefined) {
        buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
        const end = buffered.indexOf("\r\n\r\n");
        if (end === -1) return;
        head = buffered.toString("latin1", 0, end);
        bytes = buffered.subarray(end + 4);
        chunked = /\r\ntransfer-encoding: chunked/i.test(head);
        left =
          isHead || head.startsWith("HTTP/1.1 204") ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (!chunked && left === 0) return done();
      }
      if (keepBody || chunked || !/^HTTP\/1\.1 2/.test(head)) kept.push(bytes);
      if (chunked) {
        if (Buffer.concat(kept).toString("latin1").endsWith("0\r\n\r\n")) done();
        return;
      }
      left -= bytes.length;
      if (left <= 0) done();
    };
    socket.on("data", onData).on("error", onEnd).on("close", onEnd);
  });
}
