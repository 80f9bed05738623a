import { Readable, Transform } from "node:stream";
import type * as S3 from "@aws-sdk/client-s3";
import { checkPostPolicy, type PostPolicy, parsePostPolicy } from "../auth/post-policy.ts";
import { invalidArgument } from "../auth/s3-errors.ts";
import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import { objectLocation } from "../aws/object-location.ts";
import type { BodyStream } from "../aws/operations.ts";
import type { LoadedService } from "../protocol/registry.ts";
import { s3Address } from "../protocol/s3-addressing.ts";
import { notAllowed } from "../protocol/sub-resources.ts";
import { escapeXml } from "../protocol/xml-writer.ts";
import type { Service } from "../services/service.ts";
import type { AccessRecord } from "./access-record.ts";
import type { App } from "./app.ts";
import { contextOf } from "./operation-context.ts";
import { malformedPostRequest, type PostForm, readPostForm } from "./post-form.ts";

interface PostExchange {
  readonly requestId: string;
  readonly region: string;
  readonly signal: AbortSignal;
  readonly served: { operation?: string; region?: string };
  readonly access: AccessRecord | undefined;
}

/** What is posted to a bucket beside forms. */
const namesSubResource = /(?:^|&)(?:delete|metadataConfiguration|metadataTable)(?:=|&|$)/;

/** Whether a browser, or what acts like one, uploads a file by a form. */
export function isPostForm({ protocol }: Pick<Service, "protocol">, { method, headers, query }: HttpRequest): boolean {
  return (
    protocol === "restXml" &&
    method === "POST" &&
    !namesSubResource.test(query) &&
    headers["content-type"]?.toLowerCase().startsWith("multipart/form-data") === true
  );
}

/**
 * S3's POST Object: a PutObject whose headers are the fields of a form, and whose signature is of the policy among them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export async function postObject(
  app: App,
  { protocol, operations }: Pick<LoadedService<Service>, "protocol" | "operations">,
  request: HttpRequest,
  exchange: PostExchange,
): Promise<HttpResponse> {
  exchange.served.operation = "PostObject";
  exchange.served.region = exchange.region;
  const address = s3Address(request);
  const { bucket } = address;
  if (bucket === undefined || address.key !== undefined) throw notAllowed("POST", address);
  const form = await readPostForm(request);
  try {
    const { key, file } = keyAndFile(form);
    const fields = new Map([...form.fields, ["bucket", bucket], ["key", key]] as const);
    const principal = await app.authenticator.authenticatePost(fields);
    if (exchange.access !== undefined) exchange.access.principal = principal;
    // A policy that nobody signed says nothing.
    const policyText = principal.type === "anonymous" ? undefined : fields.get("policy");
    const policy = policyText === undefined ? undefined : parsePostPolicy(policyText);
    if (policy !== undefined) checkPostPolicy(policy, fields, app.serviceContext.now().getTime());

    const tagging = await taggingHeader(fields.get("tagging"), protocol, request);
    const put: HttpRequest = {
      ...request,
      ...{ method: "PUT", path: `/${encodeURIComponent(bucket)}/${encodeURIComponent(key)}`, query: "" },
      headers: { host: "s3.localhost", ...fieldHeaders(fields), ...tagging },
    };
    const call = await protocol.match(put);
    const input = await call.parse(limited(file.stream, policy));
    const { region, requestId } = exchange;
    const ctx = contextOf(app, {
      ...{ requestId, operation: "PutObject", region, principal },
      request: { ...request, headers: { ...request.headers, ...put.headers, host: request.headers.host ?? "" } },
      get signal() {
        return exchange.signal;
      },
    });
    const output = (await operations.PutObject?.(ctx, input as never)) as S3.PutObjectOutput;
    const answer = protocol.serialize("PutObject", output, requestId);
    return posted(answer, fields, { bucket, key, etag: output.ETag ?? "", host: request.headers.host ?? "" });
  } finally {
    form.release();
  }
}

function keyAndFile({ fields, file }: PostForm): { key: string; file: NonNullable<PostForm["file"]> } {
  const key = fields.get("key");
  if (key === undefined) {
    const message =
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
    throw invalidArgument(message, "key", "");
  }
  if (file === undefined) throw invalidArgument("POST requires exactly one file upload per request.", "file", "0");
  const named = key.replaceAll(`\${filename}`, () => file.name);
  if (named === "") throw invalidArgument("User key must have a length greater than 0.", "key", "");
  return { key: named, file };
}

const headersByField = ["cache-control", "content-disposition", "content-encoding", "content-language", "content-md5"];
const ofSignature = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"];

/** The fields that a PUT has as headers. */
function fieldHeaders(fields: ReadonlyMap<string, string>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (name === "acl") headers["x-amz-acl"] = value;
    else if (name === "content-type" || name === "expires" || headersByField.includes(name)) headers[name] = value;
    else if (name.startsWith("x-amz-") && !ofSignature.includes(name)) headers[name] = value;
  }
  return headers;
}

/** A form has its tags as the document of PutObjectTagging. */
async function taggingHeader(
  document: string | undefined,
  protocol: LoadedService<Service>["protocol"],
  request: HttpRequest,
): Promise<Record<string, string>> {
  if (document === undefined) return {};
  const call = await protocol.match({ ...request, method: "PUT", path: "/bucket/key", query: "tagging", headers: {} });
  const { Tagging } = (await call.parse(Readable.from([Buffer.from(document)]))) as Partial<S3.PutObjectTaggingRequest>;
  const tags = (Tagging?.TagSet ?? []).map(({ Key = "", Value = "" }): [string, string] => [Key, Value]);
  return { "x-amz-tagging": new URLSearchParams(tags).toString() };
}

/** The file, which fails where it is shorter or longer than the policy has it. */
function limited(file: Readable, policy: PostPolicy | undefined): BodyStream {
  const min = Math.max(0, ...(policy?.lengths ?? []).map((range) => range.min));
  const max = Math.min(5 * 1024 ** 3, ...(policy?.lengths ?? []).map((range) => range.max));
  let size = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      done(size > max ? sizeError("EntityTooLarge", size, max) : null, chunk);
    },
    flush(done) {
      done(size < min ? sizeError("EntityTooSmall", size, min) : null);
    },
  });
  // A form that ends within its file fails by an error of its parser.
  file.once("error", (error) => counted.destroy(error instanceof AwsError ? error : malformedPostRequest()));
  // The operation may have given up on the body before the form fails: then nobody else hears of its error.
  counted.on("error", () => undefined);
  return Object.assign(file.pipe(counted), { lengthUnknown: true as const });
}

function sizeError(code: "EntityTooLarge" | "EntityTooSmall", size: number, limit: number): AwsError {
  const [words, member] =
    code === "EntityTooLarge"
      ? ["exceeds the maximum allowed size", "MaxSizeAllowed"]
      : ["is smaller than the minimum allowed size", "MinSizeAllowed"];
  return new AwsError(code, `Your proposed upload ${words}`, 400, {
    members: { ProposedSize: size, [member]: limit },
  });
}

/** What the form asked to be answered: a redirect, a status, a document. */
function posted(
  { headers }: HttpResponse,
  fields: ReadonlyMap<string, string>,
  object: { bucket: string; key: string; etag: string; host: string },
): HttpResponse {
  const { bucket, key, etag, host } = object;
  const redirect = redirection(fields.get("success_action_redirect") ?? fields.get("redirect"));
  if (redirect !== undefined) {
    for (const [name, value] of Object.entries({ bucket, key, etag })) redirect.searchParams.append(name, value);
    return { status: 303, headers: { ...headers, location: redirect.href } };
  }
  const location = objectLocation(host, bucket, key);
  const answer = { ...headers, location };
  const status = fields.get("success_action_status");
  if (status === "200") return { status: 200, headers: answer };
  if (status !== "201") return { status: 204, headers: answer };
  const members = Object.entries({ Location: location, Bucket: bucket, Key: key, ETag: etag });
  const elements = members.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join("");
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>${elements}</PostResponse>`;
  return { status: 201, headers: { ...answer, "content-type": "application/xml" }, body };
}

/** What is no URL is not followed. */
function redirection(target: string | undefined): URL | undefined {
  if (target === undefined || !URL.canParse(target)) return undefined;
  const url = new URL(target);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}
