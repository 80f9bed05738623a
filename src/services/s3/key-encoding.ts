import { formEncoded } from "../../aws/object-location.ts";
import { invalidArgument } from "./errors.ts";

/** Encodes what a listing says of keys as its `encoding-type` asks; XML cannot carry every character that a key may have. */
export type KeyEncoder = (key: string) => string;

export function keyEncoder(encodingType: string | undefined): KeyEncoder {
  if (encodingType === undefined) return (key) => key;
  if (encodingType !== "url") {
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encodingType);
  }
  return urlEncoded;
}

/** As HTML forms are encoded, but for slashes: `a b/ü~` is `a+b/%C3%BC%7E`. */
export function urlEncoded(key: string): string {
  return formEncoded(key).replaceAll("%2F", "/");
}
