import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { AwsError } from "../../src/aws/aws-error.ts";
import type { HttpResponse } from "../../src/aws/http-message.ts";
import { createProtocol } from "../../src/protocol/create-protocol.ts";
import type { Service } from "../../src/services/service.ts";

/** What came in and what went out for one request, in the order of the requests. */
export interface Echo {
  readonly operation: string;
  readonly input: unknown;
  readonly output: unknown;
}

export interface EchoServer {
  readonly url: string;
  readonly echoes: readonly Echo[];
  close(): Promise<void>;
}

/**
 * A server that only parses and serializes: it keeps what a client's request means, and answers with what `outputOf`
 * makes up, so that another implementation of the protocol can be compared with ours value by value.
 */
export async function startEchoServer(
  service: Service,
  outputOf: (operation: string, index: number) => unknown,
): Promise<EchoServer> {
  const protocol = createProtocol(service, (await service.load()).sdk);
  const echoes: Echo[] = [];
  const requestId = "0123456789ABCDEF";

  async function answer(message: IncomingMessage): Promise<HttpResponse> {
    const { method = "", url = "", headers } = message;
    const [path = "", query = ""] = url.split("?", 2);
    try {
      const body = Readable.from(message);
      const request = { method, path, query, headers: headers as Record<string, string>, body };
      const { operation, parse } = await protocol.match(request);
      const input = await parse(request.body);
      const output = outputOf(operation, echoes.length);
      echoes.push({ operation, input, output });
      return protocol.serialize(operation, output, requestId);
    } catch (error) {
      return protocol.serializeError(
        error instanceof AwsError ? error : new AwsError("Bug", String(error), 500),
        requestId,
      );
    }
  }

  const server = createServer(async (message: IncomingMessage, response: ServerResponse) => {
    const { status, headers, body } = await answer(message);
    response.writeHead(status, headers);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    echoes,
    close: () => new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
}
