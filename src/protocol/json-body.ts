import { AwsError } from "../aws/aws-error.ts";
import { jsonReader } from "./json-reader.ts";
import { MalformedValue } from "./scalars.ts";
import type { Schema } from "./schemas.ts";

/** The members of an input that a JSON body has; an empty body has none. @throws AwsError SerializationException */
export function readJsonBody(schema: Schema, payload: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    const input = jsonReader(schema)(text === "" ? {} : JSON.parse(text));
    if (input === undefined) throw new MalformedValue("null", "structure");
    return input as Record<string, unknown>;
  } catch (error) {
    const isValue = error instanceof MalformedValue;
    throw new AwsError("SerializationException", isValue ? error.message : "The body is not valid JSON.", 400, {
      cause: error,
    });
  }
}
