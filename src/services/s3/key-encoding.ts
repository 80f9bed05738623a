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
  return encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
