import type { HttpRequest } from "../aws/http-message.ts";
import type { LoadedService } from "../protocol/registry.ts";
import type { Service } from "../services/service.ts";
import type { App } from "./app.ts";
import { isSignedBy, plainRequest } from "./plain-request.ts";

/** A delete that goes the short way, and what the log says of its request. */
export interface SmallDelete {
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** False where it has to go the long way all the same; then nothing has been deleted. */
  readonly done: Promise<boolean>;
  /** Names and values by turns. */
  readonly headers: (requestId: string) => string[];
}

/**
 * The short way of a delete by the owner of a bucket of which there is nothing else to know: no versions, no policy, nobody to
 * tell. Undefined where the long way is to be gone, on which also every error is told.
 */
export function smallDelete(app: App, request: HttpRequest): SmallDelete | undefined {
  if (request.method !== "DELETE") return undefined;
  const plain = plainRequest(app, request, "DeleteObject");
  if (plain === undefined) return undefined;
  const { loaded, region, bucket: Bucket, key: Key } = plain;
  try {
    const bucket = plain.smallObjects.deletesIn(app.serviceContext, Bucket);
    if (bucket === undefined) return undefined;
    if (!isSignedBy(app, request, bucket.accountId)) return undefined;
    const done = bucket.delete(Key);
    return done && { region, input: { Bucket, Key }, done, headers: (id) => ["x-amz-request-id", id, ...rest(loaded)] };
  } catch {
    return undefined;
  }
}

let answer: readonly string[] | undefined;

/** What is the same of all answers. */
function rest({ protocol }: LoadedService<Service>): readonly string[] {
  if (answer === undefined) {
    const { "x-amz-request-id": _, ...headers } = protocol.serialize("DeleteObject", {}, "").headers;
    answer = Object.entries(headers).flat();
  }
  return answer;
}
