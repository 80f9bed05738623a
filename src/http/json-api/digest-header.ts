import { createHash } from "node:crypto";

/** Some operations ask that their document be protected by a digest; nothing is sent here that could be damaged. */
export function digestHeader(document: string): { headers: Readonly<Record<string, string>> } {
  return { headers: { "content-md5": createHash("md5").update(document).digest("base64") } };
}
