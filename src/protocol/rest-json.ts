import { AwsError } from "../aws/aws-error.ts";
import type { HttpResponse } from "../aws/http-message.ts";
import { readJsonBody } from "./json-body.ts";
import { jsonWriter } from "./json-writer.ts";
import type { Call, Protocol } from "./protocol.ts";
import { readPayload } from "./read-body.ts";
import { missingMembers, nullMembersMessage } from "./required-members.ts";
import { type OperationSchema, operationSchemas } from "./schemas.ts";

/** Bytes: what the Data API takes. */
const bodyLimit = 4 << 20;

/**
 * The Data API: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html, for operations whose members are all in the body
 * and whose paths are fixed.
 */
export function createRestJsonProtocol(sdk: Readonly<Record<string, unknown>>): Protocol {
  const operations = operationSchemas(sdk);
  const routes = new Map<string, OperationSchema>();
  for (const operation of operations.values()) {
    const [method, path] = operation.http ?? [];
    routes.set(`${method} ${path}`, operation);
  }

  return {
    async match({ method, path, body }): Promise<Call> {
      const payload = await readPayload(body, bodyLimit);
      const schema = routes.get(`${method} ${path}`);
      if (schema === undefined) {
        throw new AwsError("UnknownOperationException", `No operation is at ${method} ${path}.`, 404);
      }
      return { operation: schema.name, payload, parse: async () => parse(schema, payload) };
    },
    serialize(operation, output, requestId): HttpResponse {
      const schema = operations.get(operation);
      const value = schema === undefined ? {} : jsonWriter(schema.output)(output);
      return answer(schema?.http?.[2] ?? 200, value, requestId);
    },
    serializeEmpty: (headers, requestId) => ({ status: 200, headers: { "x-amzn-requestid": requestId, ...headers } }),
    serializeError({ code, message, status, members, headers }, requestId): HttpResponse {
      const response = answer(status, { message, ...members }, requestId);
      Object.assign(response.headers, { "x-amzn-errortype": code }, headers);
      return response;
    },
  };
}

function parse(schema: OperationSchema, payload: Uint8Array): Record<string, unknown> {
  const input = readJsonBody(schema.input, payload);
  const missing = missingMembers(schema.input, input);
  if (missing.length > 0) throw new AwsError("BadRequestException", nullMembersMessage(missing), 400);
  return input;
}

function answer(status: number, value: unknown, requestId: string): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-requestid": requestId },
    body: jsonText(value),
  };
}

/** With integers beyond those that a number holds, which are `bigint`s here, as the digits that they are. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `\u0000${member}` : member));
  return text.replaceAll(/"\\u0000(-?\d+)"/g, "$1");
}
