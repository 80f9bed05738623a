import type { IncomingMessage } from "node:http";

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
export function bearerToken({ headers: { authorization } }: Pick<IncomingMessage, "headers">): string | undefined {
  return /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization ?? "")?.[1];
}
