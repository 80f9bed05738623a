import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import { virtualHostBucket } from "../protocol/s3-addressing.ts";

/**
 * Whether a browser asks for a page, or for what it would show as one, of the origin that the console has too. SDKs and
 * tools ask for no `text/html`; a bucket's own host name is another origin.
 */
export function isPageRequest({ headers }: Pick<HttpRequest, "headers">): boolean {
  return headers.accept?.includes("text/html") === true && virtualHostBucket(headers.host ?? "") === undefined;
}

/**
 * A stored page may run its scripts, but in an origin of its own: as a page of this one it could use the session of whoever
 * is logged in to the console (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/sandbox).
 */
export function sandboxPage(response: HttpResponse): void {
  // Browsers show no PDF in a sandbox, and let none of its scripts near the page's origin.
  if (response.headers["content-type"]?.startsWith("application/pdf")) return;
  response.headers["content-security-policy"] =
    "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts";
}
