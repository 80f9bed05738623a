import { Readable } from "node:stream";
import { buildQueryString, HttpResponse as SdkResponse } from "@smithy/core/protocols";
import type { HttpRequest, HttpResponse } from "../../../src/aws/http-message.ts";
import type { BodyStream } from "../../../src/aws/operations.ts";
import type { Service } from "../../../src/services/service.ts";

export type Sdk = Readonly<Record<string, unknown>>;
type Struct = Record<string, unknown>;

/** A request as our server would see it, with its body still in memory. */
export interface CapturedRequest extends Omit<HttpRequest, "body"> {
  readonly bytes: Uint8Array;
}

interface SentRequest {
  method: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Parameters<typeof buildQueryString>[0];
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

interface Client {
  readonly middlewareStack: {
    add(middleware: (next: (args: object) => unknown) => (args: object) => unknown, options: object): void;
  };
  send(command: unknown): Promise<Struct>;
}

interface Exchange {
  /** The input as the client's own middleware left it (presigned URLs, MD5 of SSE-C keys) and serialized it. */
  readonly input: Struct;
  readonly request: CapturedRequest;
  readonly output: Struct;
}

export interface SdkClient {
  /** Sends `input` with the real client, which gets `answer`'s response. Rejects with the client's exception. */
  exchange(operation: string, input: object, answer: (request: CapturedRequest) => HttpResponse): Promise<Exchange>;
  /** Only the request: what the client would make of an answer is left aside. */
  request(operation: string, input: object): Promise<Pick<Exchange, "input" | "request">>;
}

function ignore(): void {}

class Captured extends Error {}

/** The official client of a service, all of it but its socket. */
export function createSdkClient(service: Service, sdk: Sdk, config: object = {}): SdkClient {
  let input: Struct = {};
  let request: CapturedRequest | undefined;
  let answer: (request: CapturedRequest) => HttpResponse;
  const client = construct<Client>(sdk, `${sdkName(service)}Client`, {
    region: "us-east-1",
    endpoint: "http://localhost",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
    // Otherwise it warns on the console of each PutObject without a body.
    logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...(service.name === "s3" && {
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
    requestHandler: {
      async handle(sent: SentRequest) {
        request = capture(sent);
        const { status, headers, body } = answer(request);
        const bytes = body instanceof Readable ? body : Readable.from(body === undefined ? [] : [Buffer.from(body)]);
        return { response: new SdkResponse({ statusCode: status, headers: { ...headers }, body: bytes }) };
      },
    },
    ...config,
  });
  client.middlewareStack.add(
    (next) => (args) => {
      if ("input" in args) input = args.input as Struct;
      return next(args);
    },
    { step: "build", priority: "low" },
  );

  async function exchange(operation: string, members: object, respond: typeof answer): Promise<Exchange> {
    answer = respond;
    request = undefined;
    const output = await client.send(construct(sdk, `${operation}Command`, members));
    if (request === undefined) throw new Error(`${operation} was answered without a request.`);
    return { input, request, output };
  }

  return {
    exchange,
    async request(operation, members) {
      try {
        await exchange(operation, members, () => {
          throw new Captured();
        });
      } catch (error) {
        if (!(error instanceof Captured) || request === undefined) throw error;
      }
      if (request === undefined) throw new Error(`${operation} made no request.`);
      return { input, request };
    },
  };
}

/** The request for `protocol.match`; a stream is read once, so each use makes its own. */
export function toRequest({ bytes, ...request }: CapturedRequest): HttpRequest & { body: BodyStream } {
  return { ...request, body: Readable.from(bytes.byteLength === 0 ? [] : [Buffer.from(bytes)]) };
}

function capture(sent: SentRequest): CapturedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(sent.headers)) headers[name.toLowerCase()] = value;
  return {
    method: sent.method,
    path: sent.path,
    query: buildQueryString(sent.query ?? {}),
    headers: { ...headers, host: sent.port === undefined ? sent.hostname : `${sent.hostname}:${sent.port}` },
    bytes: typeof sent.body === "string" ? Buffer.from(sent.body) : (sent.body ?? new Uint8Array()),
  };
}

/** How the names of a client and of its exceptions begin. */
export function sdkName({ name }: Pick<Service, "name">): string {
  const names: Readonly<Record<string, string>> = { secretsmanager: "SecretsManager", "rds-data": "RDSData" };
  return names[name] ?? name.toUpperCase();
}

/** The SDK's module is a record of unknowns here, since the tests walk over all of its operations by name. */
export function construct<T>(sdk: Sdk, name: string, argument: object): T {
  const found = sdk[name];
  if (typeof found !== "function") throw new Error(`The SDK has no ${name}.`);
  return Reflect.construct(found, [argument]) as T;
}

export interface OperationSchema {
  readonly name: string;
  readonly input: unknown;
  readonly output: unknown;
}

/** Every operation that the SDK exports: `[9, namespace, name, traits, input, output]`. */
export function operationSchemas(sdk: Sdk): OperationSchema[] {
  return Object.values(sdk)
    .filter((value): value is unknown[] => Array.isArray(value) && value[0] === 9)
    .map(([, , name, , input, output]) => ({ name: String(name), input, output }));
}

/** Every error that the SDK models: `[-3, namespace, name, traits, …]`. */
export function errorSchemas(sdk: Sdk): { readonly name: string; readonly schema: unknown[] }[] {
  return Object.values(sdk)
    .filter((value): value is unknown[] => Array.isArray(value) && value[0] === -3)
    .filter(([, namespace]) => !String(namespace).startsWith("smithy.ts.sdk.synthetic"))
    .map((schema) => ({ name: String(schema[2]), schema }));
}
