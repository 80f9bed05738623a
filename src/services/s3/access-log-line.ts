import { isSignedV2 } from "../../auth/sigv2.ts";
import { hostId } from "../../aws/host-id.ts";
import type { HttpRequest } from "../../aws/http-message.ts";
import type { Principal } from "../../aws/principal.ts";
import { s3ResourceType } from "../../aws/s3-resource-types.ts";
import type { LoggedAccess } from "../service.ts";
import { urlEncoded } from "./key-encoding.ts";
import { owner } from "./owner.ts";

/**
 * A request as its line of an access log has it, without the bucket's owner, who comes first. What is unknown is a hyphen: TLS,
 * access points, whether it took an ACL to be let in, and the region that it came from.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function accessLine(access: LoggedAccess): string {
  const { request, principal, exchange } = access;
  const headers = request?.headers ?? {};
  const isKnown = principal !== undefined && principal.type !== "anonymous";
  const fields = [
    access.bucket,
    { text: `[${strftime(access.received)}]` },
    request?.remoteAddress,
    request === undefined ? "AmazonS3" : isKnown ? requester(principal) : undefined,
    access.requestId,
    operationField(access),
    // A key that came in a document may have half a character, which has no encoding.
    access.key === undefined ? undefined : urlEncoded(Buffer.from(access.key).toString()),
    exchange && request && quoted(requestLine(request, exchange.httpVersion)),
    access.status,
    access.errorCode,
    exchange?.bytesSent || undefined,
    access.objectSize,
    exchange && Math.round(exchange.totalTime),
    exchange?.turnAroundTime === undefined ? undefined : Math.round(exchange.turnAroundTime),
    exchange && quoted(headers.referer ?? "-"),
    exchange && quoted(headers["user-agent"] ?? "-"),
    access.versionId,
    hostId,
    isKnown && request ? (isSignedV2(request) ? "SigV2" : "SigV4") : undefined,
    undefined,
    isKnown ? (headers.authorization === undefined ? "QueryString" : "AuthHeader") : undefined,
    headers.host,
    undefined,
    undefined,
    undefined,
    undefined,
  ];
  return fields.map(text).join(" ");
}

function requester(principal: Principal): string {
  return principal.type === "account" ? owner(principal.accountId).ID : principal.arn;
}

function requestLine({ method, path, query }: Omit<HttpRequest, "body">, httpVersion: string): string {
  return `${method} ${path}${query === "" ? "" : `?${query}`} HTTP/${httpVersion}`;
}

/** What may have spaces within: it is in quotes or brackets. */
interface Enclosed {
  readonly text: string;
}

/** Fields are apart by spaces, records by line ends: none of them may be within another. */
function text(value: string | number | Enclosed | undefined): string {
  if (value === undefined || value === "") return "-";
  return typeof value === "object" ? value.text : String(value).replace(/[\s"]/g, encodeURIComponent);
}

function quoted(value: string): Enclosed {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a client chooses these texts, and may try to forge a record.
  return { text: `"${value.replace(/["\u0000-\u001f\u007f]/g, encodeURIComponent)}"` };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `06/Feb/2019:00:00:38 +0000` */
function strftime(time: Date): string {
  const [date = "", clock = ""] = time.toISOString().split("T");
  const [year, month, day] = date.split("-");
  return `${day}/${months[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`;
}

/** `REST.PUT.OBJECT`: what is asked, then of what. */
function operationField({ operation, request, key }: LoggedAccess): string | undefined {
  if (operation?.includes(".")) return operation;
  const sent = request?.method;
  if (operation === "WebsiteGetObject") return `WEBSITE.${sent}.OBJECT`;
  if (sent === "OPTIONS") return "REST.OPTIONS.PREFLIGHT";
  const method = operation === "CopyObject" || operation === "UploadPartCopy" ? "COPY" : sent;
  const resource = operation === undefined ? (key === undefined ? "BUCKET" : "OBJECT") : s3ResourceType(operation);
  return `REST.${method}.${resource}`;
}
