import type { HttpRequest } from "../aws/http-message.ts";
import type { LoadedService } from "../protocol/registry.ts";
import type { Service, SmallObject } from "../services/service.ts";
import type { App } from "./app.ts";
import { isSignedBy, plainRequest } from "./plain-request.ts";

/** An answer that was found on the short way, and what the log says of its request. */
export interface SmallRead {
  readonly operation: "GetObject" | "HeadObject";
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Names and values by turns, as `writeHead` takes them in the least time. */
  readonly headers: (requestId: string) => string[];
  readonly body: Uint8Array | undefined;
}

/**
 * The short way of the most frequent request, the plain read of a small object by its owner: its signature is verified, and
 * its bytes are read, as on the long one, but what is between is known from the time before. Undefined where the long way is
 * to be gone, on which also every error is told: docs/decisions/0002-aws-requests-before-express.md
 */
export function smallRead(app: App, request: HttpRequest): SmallRead | undefined {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") return undefined;
  const plain = plainRequest(app, request, "GetObject");
  if (plain === undefined) return undefined;
  const { loaded, region, bucket, key } = plain;
  try {
    // Before the signature is looked at, which would be done twice on the long way.
    const object = plain.smallObjects.find(app.serviceContext, bucket, key);
    if (object === undefined) return undefined;
    if (!isSignedBy(app, request, object.accountId)) return undefined;
    const operation = method === "HEAD" ? "HeadObject" : "GetObject";
    const body = operation === "GetObject" ? object.read() : undefined;
    if (operation === "GetObject" ? body === undefined : !object.isThere()) return undefined;
    const { headers, input } = preparedAnswer(loaded, object, request, { Bucket: bucket, Key: key });
    return {
      operation,
      region,
      input,
      headers(requestId) {
        headers[1] = requestId;
        return headers;
      },
      body,
    };
  } catch {
    return undefined;
  }
}

/** What is the same of all answers to one kind of request. */
interface PreparedAnswer {
  /** The second is the id of the request, and each answer's own. */
  readonly headers: string[];
  readonly input: Readonly<Record<string, unknown>>;
}

const plainAnswers = new WeakMap<SmallObject, PreparedAnswer>();
const answersWithChecksum = new WeakMap<SmallObject, PreparedAnswer>();

function preparedAnswer(
  { protocol }: LoadedService<Service>,
  object: SmallObject,
  request: HttpRequest,
  input: Readonly<Record<string, unknown>>,
): PreparedAnswer {
  const checksum = request.headers["x-amz-checksum-mode"] === "ENABLED";
  const answers = checksum ? answersWithChecksum : plainAnswers;
  let answer = answers.get(object);
  if (answer === undefined) {
    const output = checksum ? { ...object.output, ...object.checksum } : object.output;
    const { "x-amz-request-id": id = "", ...headers } = protocol.serialize("GetObject", output, "").headers;
    answer = {
      headers: ["x-amz-request-id", id, ...Object.entries(headers).flat()],
      input: checksum ? { ...input, ChecksumMode: "ENABLED" } : input,
    };
    answers.set(object, answer);
  }
  return answer;
}
