import { createHash } from "node:crypto";
import aws4 from "aws4";
import type { AuthTarget } from "../../../src/auth/authenticate.ts";
import { example, openAuth, refusal, request } from "./fixture.ts";

export const time = "2026-03-04T05:06:07Z";
export const amzDate = "20260304T050607Z";
export const emptyHash = createHash("sha256").digest("hex");

export interface Change {
  method?: string;
  path?: string;
  headers?: Record<string, string | undefined>;
  /** Text that is replaced in `Authorization`, or in the query of a presigned URL. */
  replace?: readonly [string | RegExp, string];
  secretAccessKey?: string;
  accessKeyId?: string;
  /** Added after signing. */
  unsigned?: Record<string, string>;
  body?: string;
}

export function sign(target: AuthTarget, signQuery: boolean, change: Change) {
  const isS3 = target.service === "s3";
  const headers: Record<string, string> = { Host: "localhost" };
  if (!signQuery) headers["X-Amz-Date"] = amzDate;
  if (isS3 && !signQuery) headers["X-Amz-Content-Sha256"] = emptyHash;
  for (const [name, value] of Object.entries(change.headers ?? {})) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  const path = change.path ?? "/";
  const dated = `${path}${path.includes("?") ? "&" : "?"}X-Amz-Date=${amzDate}`;
  const signed = aws4.sign(
    {
      ...{ service: target.service, region: "us-east-1", method: change.method ?? "GET", signQuery, headers },
      path: signQuery ? dated : path,
      ...(change.body !== undefined && { body: change.body }),
    },
    {
      accessKeyId: change.accessKeyId ?? example.accessKeyId,
      secretAccessKey: change.secretAccessKey ?? example.secretAccessKey,
    },
  );
  const lower = Object.entries(signed.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const result: Record<string, string> = { ...Object.fromEntries(lower), ...change.unsigned };
  let url = signed.path ?? "";
  if (change.replace !== undefined) {
    const [from, to] = change.replace;
    if (signQuery) url = url.replace(from, to);
    else result.authorization = (result.authorization ?? "").replace(from, to);
  }
  return request(change.method ?? "GET", url, result, change.body);
}

/** What of an error every client sees. */
export const brief = ({ code, status, message }: { code: string; status: number; message: string }) => ({
  code,
  status,
  message,
});

/** An authenticator for the tests of a `describe`, at `time` again for each of them, and what it refuses. */
export function useAuth() {
  let auth: Awaited<ReturnType<typeof openAuth>>;
  before(async () => {
    auth = await openAuth({ time });
  });
  after(() => auth.close());
  afterEach(() => {
    auth.clock.time = new Date(time);
  });
  return {
    authenticate: (...call: Parameters<typeof auth.authenticate>) => auth.authenticate(...call),
    setTime: (now: string) => {
      auth.clock.time = new Date(now);
    },
    /** The refusal of a request that is signed in its header. */
    header: (target: AuthTarget, change: Change = {}) =>
      refusal(auth.authenticate(sign(target, false, change), target)),
    /** The refusal of a presigned URL. */
    query: (target: AuthTarget, change: Change = {}) => refusal(auth.authenticate(sign(target, true, change), target)),
  };
}
