import { unsupportedResult } from "./errors.ts";

const item = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs;

/**
 * The items of an array as PostgreSQL writes it (`{1,NULL,"a b"}`): https://www.postgresql.org/docs/17/arrays.html#ARRAYS-IO
 * @throws AwsError UnsupportedResultException for one of several dimensions
 */
export function parseArray(text: string): (string | null)[] {
  // One whose first subscript is another than 1 has its bounds in front.
  const body = text.slice(text.indexOf("{") + 1, -1);
  if (body.startsWith("{")) throw unsupportedResult("The result contains a multidimensional array.");
  return Array.from(body.matchAll(item), ([, quoted, plain = ""]) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/gs, "$1");
    return plain === "NULL" ? null : plain;
  });
}
