import { request } from "node:http";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { SettingName } from "../../../src/config.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";

/** `Body` is what the test takes the answer for; that it is what the OpenAPI document says has been checked. */
export interface Answer<Body = Record<string, string>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface RequestOptions {
  readonly json?: unknown;
  readonly body?: NonNullable<RequestInit["body"]>;
  readonly headers?: Record<string, string>;
  /** `null`: none is sent. */
  readonly token?: string | null;
}

interface OpenApiOperation {
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
  readonly security?: readonly object[];
}

export interface OpenApiDocument {
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
}

/** A LocalAWS whose JSON API is called with a token, and whose every answer must be one that the OpenAPI document knows. */
export interface JsonApi {
  readonly aws: TestServer;
  readonly token: string;
  readonly document: OpenApiDocument;
  /** `PATH /of/{the}/document` of what has been answered with success. */
  readonly answered: Set<string>;
  send<Body = Record<string, string>>(method: string, path: string, options?: RequestOptions): Promise<Answer<Body>>;
  stop(): Promise<void>;
}

export async function startJsonApi(settings: Partial<Record<SettingName, string>> = {}): Promise<JsonApi> {
  const aws = await startLocalAws(settings);
  const document = (await (await fetch(`${aws.endpoint}/docs/openapi.json`)).json()) as OpenApiDocument;
  const check = conformance(document);
  const answered = new Set<string>();
  const password = settings.adminPassword ?? "password";
  const login = await fetch(`${aws.endpoint}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password }),
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  return {
    ...{ aws, token, document, answered },
    async send<Body>(method: string, path: string, options: RequestOptions = {}) {
      const given = options.token === undefined ? token : options.token;
      const sent = options.json === undefined ? options.body : JSON.stringify(options.json);
      const answer = await fetch(new URL(path, aws.endpoint), {
        method,
        headers: {
          ...(given === null ? {} : { authorization: `Bearer ${given}` }),
          ...(options.json === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        ...(sent === undefined ? {} : { body: sent, duplex: "half" }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get("content-type")?.includes("json") ?? false;
      const body: Body = isJson ? JSON.parse(text) : text;
      const received = { status: answer.status, headers: answer.headers, body };
      const known = check(method, path, received);
      if (answer.ok && known !== undefined) answered.add(known);
      return received;
    },
    stop: () => aws.stop(),
  };
}

/** Compares answers with the document; the function throws where one is not what it says, and gives the route it is of. */
function conformance(document: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "openapi");
  const routes = Object.keys(document.paths)
    .sort((a, b) => a.split("{").length - b.split("{").length)
    .map((path) => ({
      path,
      pattern: new RegExp(`^${path.replace("{key}", ".+").replace(/\{\w+\}/g, "[^/]+")}$`),
    }));
  return (method: string, target: string, { status, headers, body }: Answer<unknown>): string | undefined => {
    const path = target.split("?", 1)[0] ?? "";
    const name = method.toLowerCase();
    const found = routes.find((route) => route.pattern.test(path) && document.paths[route.path]?.[name]);
    const operation = found && document.paths[found.path]?.[name];
    if (found === undefined || operation === undefined) return undefined;
    const response = operation.responses[String(status)];
    const known = `${method} ${found.path}`;
    if (status === 206 || status === 304) return known;
    if (response === undefined) throw new Error(`${known} answered ${status}, which the document does not know.`);
    const type = headers.get("content-type")?.split(";", 1)[0] ?? "";
    const content = response.content?.[type];
    if (response.content === undefined || content === undefined) {
      if (type.includes("json")) throw new Error(`${known} answered ${status} with ${type}, unknown to the document.`);
      return known;
    }
    const pointer = (content.schema as { $ref?: string }).$ref;
    if (pointer !== undefined && !ajv.validate({ $ref: `openapi${pointer}` }, body)) {
      throw new Error(`${known} answered ${status} with ${JSON.stringify(body)}: ${ajv.errorsText()}`);
    }
    return known;
  };
}

/** Sends as given: fetch sends no Host of one's own, and no path with dots in it. */
export function sendRaw(
  endpoint: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }> {
  return new Promise((resolve, reject) => {
    const url = new URL(endpoint);
    const { body, ...rest } = options;
    const req = request({ host: url.hostname, port: url.port, path, ...rest }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
      });
    });
    req.on("error", reject);
    req.end(body);
  });
}
