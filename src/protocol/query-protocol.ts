import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import { formReader, MalformedParameter, parameterName } from "./form-reader.ts";
import type { Call, Protocol, ProtocolService } from "./protocol.ts";
import { type FormNode, MalformedForm, parseForm } from "./query-form.ts";
import { readPayload } from "./read-body.ts";
import { missingMembers, nullMembersMessage } from "./required-members.ts";
import { type OperationSchema, operationSchemas } from "./schemas.ts";
import { escapeXml, structureWriter, withoutIllegalReferences } from "./xml-writer.ts";

/** Bytes. The largest legitimate form (user data, a policy document) is far below. */
const FORM_LIMIT = 1 << 20;
const XML = "text/xml;charset=UTF-8";

/** What the two query protocols do differently. */
export interface QueryDialect {
  readonly name: "awsQuery" | "ec2Query";
  wrapResult(operation: string, members: string, requestId: string, xmlNamespace: string): string;
  wrapError(error: AwsError, members: string, requestId: string, xmlNamespace: string): string;
  /** For values that their type does not allow. */
  invalidValue(error: MalformedParameter): AwsError;
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and …/aws-ec2-query-protocol.html */
export function createQueryProtocol(
  dialect: QueryDialect,
  service: ProtocolService,
  sdk: Readonly<Record<string, unknown>>,
): Protocol {
  const operations = operationSchemas(sdk);
  const reader = formReader(dialect.name);
  const { xmlNamespace = "" } = service;

  function parse(schema: OperationSchema, form: FormNode): Record<string, unknown> {
    try {
      const input = reader(schema.input)(form, "") as Record<string, unknown>;
      const missing = missingMembers(schema.input, input).filter((path) => !service.maybeEmpty?.includes(path));
      if (missing.length > 0)
        throw missingMember(service, missing, (path) => parameterName(dialect.name, schema.input, path));
      return input;
    } catch (error) {
      throw error instanceof MalformedParameter ? dialect.invalidValue(error) : error;
    }
  }

  return {
    async match(request): Promise<Call> {
      const payload = await readPayload(request.body, FORM_LIMIT);
      const form = readForm(request, payload);
      const action = form.children?.get("Action")?.value ?? "";
      if (action === "") {
        throw new AwsError("MissingAction", "The request is missing an action or a required parameter.", 400);
      }
      const schema = operations.get(action);
      if (schema === undefined) {
        throw new AwsError("InvalidAction", `The action ${action} is not valid for this web service.`, 400);
      }
      return { operation: schema.name, payload, parse: async () => parse(schema, form) };
    },
    serialize(operation, output, requestId): HttpResponse {
      const schema = operations.get(operation)?.output;
      const members = schema?.isStructSchema()
        ? structureWriter(schema)((output ?? {}) as Record<string, unknown>)
        : "";
      return answer(200, dialect.wrapResult(operation, members, requestId, xmlNamespace), requestId);
    },
    serializeEmpty(headers, requestId): HttpResponse {
      return { status: 200, headers: { "x-amzn-requestid": requestId, ...headers } };
    },
    serializeError(error, requestId): HttpResponse {
      let members = "";
      for (const [name, value] of Object.entries(error.members)) {
        if (value !== undefined) members += `<${name}>${escapeXml(String(value))}</${name}>`;
      }
      const body = dialect.wrapError(error, members, requestId, xmlNamespace);
      const response = answer(error.status, body, requestId);
      Object.assign(response.headers, error.headers);
      return response;
    },
  };
}

function readForm(request: HttpRequest, payload: Buffer): FormNode {
  try {
    return parseForm(request.query, decodeUtf8(payload));
  } catch (error) {
    if (!(error instanceof MalformedForm)) throw error;
    throw new AwsError("MalformedQueryString", `The query string contains a syntax error. ${error.message}`, 400);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MalformedForm("The body is not UTF-8.", { cause: error });
  }
}

function missingMember(service: ProtocolService, paths: readonly string[], nameOf: (path: string) => string): AwsError {
  if (service.missingMemberCode === "ValidationError") {
    return new AwsError("ValidationError", nullMembersMessage(paths), 400);
  }
  return new AwsError("MissingParameter", `The request must contain the parameter ${nameOf(paths[0] ?? "")}`, 400);
}

function answer(status: number, body: string, requestId: string): HttpResponse {
  return {
    status,
    headers: { "content-type": XML, "x-amzn-requestid": requestId },
    body: withoutIllegalReferences(body),
  };
}
