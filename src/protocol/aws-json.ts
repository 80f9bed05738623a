import { AwsError } from "../aws/aws-error.ts";
import type { HttpResponse } from "../aws/http-message.ts";
import { readJsonBody } from "./json-body.ts";
import { jsonWriter } from "./json-writer.ts";
import type { Call, Protocol, ProtocolService } from "./protocol.ts";
import { readPayload } from "./read-body.ts";
import { missingMembers, nullMembersMessage } from "./required-members.ts";
import { type OperationSchema, operationSchemas } from "./schemas.ts";

/** Bytes. The largest legitimate input (a secret of 64 KiB) is far below. */
const bodyLimit = 1 << 20;

/** Secrets Manager: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function createAwsJsonProtocol(
  { targetPrefix = "" }: ProtocolService,
  sdk: Readonly<Record<string, unknown>>,
): Protocol {
  const operations = operationSchemas(sdk);

  return {
    async match(request): Promise<Call> {
      const payload = await readPayload(request.body, bodyLimit);
      const target = request.headers["x-amz-target"] ?? "";
      const prefix = `${targetPrefix}.`;
      const schema = target.startsWith(prefix) ? operations.get(target.slice(prefix.length)) : undefined;
      if (schema === undefined) {
        throw new AwsError("UnknownOperationException", `The operation ${target} is not known.`, 400);
      }
      return { operation: schema.name, payload, parse: async () => parse(schema, payload) };
    },
    serialize(operation, output, requestId): HttpResponse {
      const schema = operations.get(operation)?.output;
      const value = schema === undefined ? {} : jsonWriter(schema)(output);
      return answer(200, value, requestId);
    },
    serializeEmpty: (headers, requestId) => ({ status: 200, headers: { "x-amzn-requestid": requestId, ...headers } }),
    serializeError({ code, message, status, members, headers }, requestId): HttpResponse {
      const response = answer(status, { __type: code, Message: message, ...members }, requestId);
      Object.assign(response.headers, headers);
      return response;
    },
  };
}

function parse(schema: OperationSchema, payload: Uint8Array): Record<string, unknown> {
  const input = readJsonBody(schema.input, payload);
  const missing = missingMembers(schema.input, input);
  if (missing.length > 0) throw new AwsError("ValidationException", nullMembersMessage(missing), 400);
  return input;
}

function answer(status: number, value: unknown, requestId: string): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId },
    body: JSON.stringify(value),
  };
}
