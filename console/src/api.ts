/** What the JSON API answers to a request that it refuses (RFC 9457); `code` is AWS's own. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string | undefined;
  /** What is wrong with which field of the request, by the field's path: `tags.0.key`. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(status: number, detail: string, options: { code?: string; fields?: ReadonlyMap<string, string> } = {}) {
    super(detail);
    this.status = status;
    this.code = options.code;
    this.fields = options.fields ?? new Map();
  }
}

export interface CallOptions {
  /** `undefined` values are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

type Method = "GET" | "POST" | "DELETE" | "PATCH" | "PUT";

export interface Api {
  /** The JSON of the answer, as the route's schema has it. @throws ApiError */
  call<Answer = unknown>(method: Method, path: string, options?: CallOptions): Promise<Answer>;
  /** The answer itself, whose status is good. @throws ApiError */
  fetch(method: Method, path: string, options?: CallOptions): Promise<Response>;
  /** What a request of another kind (an upload with progress) sends to say who it is. */
  authorization(): Readonly<Record<string, string>>;
}

/** `token`: read for each request. `onUnauthorized`: the session has ended. */
export function createApi(options: { token: () => string | undefined; onUnauthorized: () => void }): Api {
  function authorization(): Record<string, string> {
    const token = options.token();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async function request(method: Method, path: string, { query, json, headers, signal }: CallOptions = {}) {
    const response = await fetch(withQuery(path, query), {
      method,
      headers: {
        ...authorization(),
        ...(json !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(signal && { signal }),
      cache: "no-store",
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new ApiError(0, "LocalAWS does not answer. Is it still running?");
    });
    if (response.ok) return response;
    const problem = problemOf(response.status, await response.text());
    if (response.status === 401 && options.token() !== undefined) options.onUnauthorized();
    throw problem;
  }

  return {
    async call<Answer>(method: Method, path: string, callOptions?: CallOptions) {
      const response = await request(method, path, callOptions);
      const text = await response.text();
      // The route's schema on the server gives the type that the caller names.
      return (text === "" ? undefined : JSON.parse(text)) as Answer;
    },
    fetch: request,
    authorization,
  };
}

function withQuery(path: string, query: CallOptions["query"] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

/** A problem document, or what is left to say of another answer. */
export function problemOf(status: number, body: string): ApiError {
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem !== "object" || problem === null) throw new SyntaxError();
    const detail = textOf(problem, "detail") ?? textOf(problem, "title") ?? `LocalAWS answered with ${status}.`;
    const code = textOf(problem, "code");
    return new ApiError(status, detail, { ...(code !== undefined && { code }), fields: fieldsOf(problem) });
  } catch {
    return new ApiError(status, `LocalAWS answered with ${status}.`);
  }
}

function textOf(object: object, name: string): string | undefined {
  const value: unknown = Reflect.get(object, name);
  return typeof value === "string" ? value : undefined;
}

function fieldsOf(problem: object): Map<string, string> {
  const fields = new Map<string, string>();
  const errors: unknown = Reflect.get(problem, "errors");
  if (!Array.isArray(errors)) return fields;
  for (const error of errors as unknown[]) {
    if (typeof error !== "object" || error === null) continue;
    const [field, message] = [textOf(error, "field"), textOf(error, "message")];
    if (field !== undefined && message !== undefined) fields.set(field.replace(/^body\./, ""), message);
  }
  return fields;
}

/** Any error as one that can be shown. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, error instanceof Error ? error.message : String(error));
}
