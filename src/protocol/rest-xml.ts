import { AwsError } from "../aws/aws-error.ts";
import { hostId } from "../aws/host-id.ts";
import type { HttpResponse } from "../aws/http-message.ts";
import { type Bindings, compileBindings } from "./http-bindings.ts";
import { compileRoutes } from "./http-routes.ts";
import type { Call, Protocol, ProtocolService } from "./protocol.ts";
import { parseQuery } from "./query-form.ts";
import { withQueryHeaders } from "./query-headers.ts";
import { missingMembers } from "./required-members.ts";
import { rawPayload, readPayload, toS3Error } from "./rest-payload.ts";
import { s3Address } from "./s3-addressing.ts";
import { membersOf, type OperationSchema, operationSchemas } from "./schemas.ts";
import { compileSubResources, notAllowed } from "./sub-resources.ts";
import { documentWriter, errorDocument } from "./xml-document.ts";

interface Compiled {
  readonly input: Bindings;
  readonly output: Bindings;
  /** The document of an answer's members; absent where the answer has none. */
  readonly document?: (value: Readonly<Record<string, unknown>>) => string;
}

/** S3's protocol: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, with S3's addressing and errors. */
export function createRestXmlProtocol(service: ProtocolService, sdk: Readonly<Record<string, unknown>>): Protocol {
  const operations = operationSchemas(sdk);
  const route = compileRoutes(operations.values());
  const subResourceOf = compileSubResources(operations.values());
  const compiled = new Map<string, Compiled>();

  function compile(operation: OperationSchema): Compiled {
    const known = compiled.get(operation.name);
    if (known !== undefined) return known;
    const bindings = { input: compileBindings(operation.input), output: compileBindings(operation.output) };
    const schema = bindings.output.payload?.schema ?? operation.output;
    const members = bindings.output.payload === undefined ? bindings.output.bodyMembers : membersOf(schema);
    const hasDocument = schema.isStructSchema() && (bindings.output.payload !== undefined || members.length > 0);
    const result = hasDocument
      ? { ...bindings, document: documentWriter(schema, members, service.xmlNamespace ?? "") }
      : bindings;
    compiled.set(operation.name, result);
    return result;
  }

  return {
    async match(request): Promise<Call> {
      const named = s3Address(request);
      const query = readQuery(request.query);
      const subResource = subResourceOf(request.method, named, query);
      const address = subResource?.address ?? named;
      const operation = route({ method: request.method, address, query, headers: request.headers });
      const meant = withQueryHeaders(request, query);
      subResource?.require(operation, request.method);
      if (operation === undefined) throw notAllowed(request.method, address);
      return {
        operation: operation.name,
        request: meant,
        async parse(body) {
          const { input: bindings } = compile(operation);
          try {
            const input = bindings.readRequest({ address, query, headers: meant.headers });
            await readPayload(operation, bindings, input, request.headers, body);
            const [missing] = missingMembers(operation.input, input);
            if (missing !== undefined) throw missingMember(operation, missing);
            return input;
          } catch (error) {
            throw toS3Error(error, operation.name);
          }
        },
      };
    },
    serialize(name, output, requestId): HttpResponse {
      const operation = operations.get(name);
      if (operation === undefined) throw new Error(`The SDK has no operation ${name}.`);
      const { output: bindings, document } = compile(operation);
      const value = isStructure(output) ? output : {};
      const headers = commonHeaders(requestId);
      bindings.writeHeaders(value, headers);
      writeOwnHeaders(value, headers);
      const payload = bindings.payload === undefined ? value : value[bindings.payload.name];
      const body = document === undefined ? rawPayload(payload) : isStructure(payload) ? document(payload) : undefined;
      // RFC 9110, 15.3.7: an answer with Content-Range is a partial one.
      const usual = headers["content-range"] === undefined ? (operation.http?.[2] ?? 200) : 206;
      const status = chosenStatus(value) ?? usual;
      if (body === undefined) return { status, headers };
      if (typeof body === "string")
        headers["content-type"] ??= body.startsWith("{") ? "application/json" : "application/xml";
      return { status, headers, body };
    },
    serializeEmpty(headers, requestId): HttpResponse {
      return { status: 200, headers: { ...commonHeaders(requestId), ...headers } };
    },
    serializeError(error, requestId, request): HttpResponse {
      const headers = { ...commonHeaders(requestId), ...error.headers };
      if (error.status === 304) return { status: error.status, headers };
      headers["content-type"] = "application/xml";
      if (request?.method === "HEAD") return { status: error.status, headers };
      const body = errorDocument({
        Code: error.code,
        Message: error.message,
        ...error.members,
        RequestId: requestId,
        HostId: hostId,
      });
      return { status: error.status, headers, body };
    },
  };
}

function commonHeaders(requestId: string): Record<string, string> {
  return { "x-amz-request-id": requestId, "x-amz-id-2": hostId, server: "AmazonS3" };
}

/** Where an operation has more than one status, its output says which, as the SDK does. */
function chosenStatus({ $metadata }: Readonly<Record<string, unknown>>): number | undefined {
  if (!isStructure($metadata)) return undefined;
  const { httpStatusCode } = $metadata;
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined;
}

/** Headers that an answer has and the SDK does not know of. */
function writeOwnHeaders({ $metadata }: Readonly<Record<string, unknown>>, headers: Record<string, string>): void {
  if (!isStructure($metadata) || !isStructure($metadata["httpHeaders"])) return;
  for (const [name, text] of Object.entries($metadata["httpHeaders"])) headers[name] = String(text);
}

function readQuery(text: string): Map<string, string> {
  try {
    return parseQuery(text);
  } catch (error) {
    throw new AwsError("InvalidURI", "Couldn't parse the specified URI.", 400, { cause: error });
  }
}

function isStructure(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** A nested member is an element of the document; the others are parameters and headers. */
function missingMember(operation: OperationSchema, path: string): AwsError {
  if (path.includes(".")) {
    return new AwsError(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
      400,
    );
  }
  const traits = membersOf(operation.input).find(({ name }) => name === path)?.traits;
  if (traits?.httpHeader === "x-amz-object-attributes") {
    const message =
      "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty";
    return new AwsError("InvalidRequest", message, 400);
  }
  if (traits?.httpHeader !== undefined) {
    return new AwsError("InvalidRequest", `Missing required header for this request: ${traits.httpHeader}`, 400);
  }
  const name = traits?.httpQuery ?? path;
  return new AwsError("InvalidArgument", `The required parameter ${name} is missing.`, 400, {
    members: { ArgumentName: name },
  });
}
