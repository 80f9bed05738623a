import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { NormalizedSchema } from "@smithy/core/schema";
import { createProtocol } from "../../../src/protocol/create-protocol.ts";
import type { Protocol } from "../../../src/protocol/protocol.ts";
import type { Service } from "../../../src/services/service.ts";
import { type SchemaRef, schemaValue, type ValueOptions } from "../../support/schema-values.ts";
import { carried, comparable, difference } from "./comparable.ts";
import {
  type CapturedRequest,
  createSdkClient,
  type OperationSchema,
  operationSchemas,
  type Sdk,
  type SdkClient,
  toRequest,
} from "./sdk-client.ts";

/** A service between the real client, which serializes and parses, and our protocol, which does the opposite. */
export interface RoundTrip {
  readonly service: Service;
  readonly client: SdkClient;
  readonly protocol: Protocol;
  readonly operations: readonly OperationSchema[];
}

type Struct = Record<string, unknown>;

const requestId = "0123456789ABCDEF";

/** Members whose values the client checks, or reads a meaning into, before it sends them. */
const fixed = {
  Bucket: "a-bucket.with-dots",
  ChecksumAlgorithm: "CRC32",
  RequestRoute: "route",
  PresignedUrl: "https://example.com/",
};

export async function createRoundTrip(service: Service, config: object = {}): Promise<RoundTrip> {
  const sdk: Sdk = (await service.load()).sdk;
  const client = createSdkClient(service, sdk, config);
  return { service, client, protocol: createProtocol(service, sdk), operations: operationSchemas(sdk) };
}

/** A request of the client for the operation, with the input that it carries. */
async function requestOf({ service, client }: RoundTrip, { name, input }: OperationSchema, options: ValueOptions) {
  const values = schemaValue(input as SchemaRef, {
    ...options,
    integers: service.protocol === "restXml",
    fixed: { ...fixed, ...options.fixed },
  }) as Struct;
  if (values.ContentMD5 === undefined) return client.request(name, values);
  // It has to be the body's, and that is known only when the body has been serialized.
  const { request } = await client.request(name, values);
  return client.request(name, { ...values, ContentMD5: createHash("md5").update(request.bytes).digest("base64") });
}

/** Where what we parse differs from what the client was given; `alter` changes the request on its way. */
export async function inputDifference(
  trip: RoundTrip,
  operation: OperationSchema,
  options: ValueOptions,
  alter: (request: CapturedRequest) => CapturedRequest = (request) => request,
): Promise<string | undefined> {
  const sent = await requestOf(trip, operation, options);
  const request = alter(sent.request);
  const call = await trip.protocol.match(toRequest(request));
  if (call.operation !== operation.name) return `matched ${call.operation}`;
  const parsed = await call.parse(toRequest(request).body);
  const schema = operation.input as SchemaRef;
  const expected = carried(schema, sent.input, trip.service.protocol) as Struct;
  for (const [name, member] of NormalizedSchema.of(schema).structIterator()) {
    if (expected[name] !== undefined) continue;
    if (member.isIdempotencyToken() && /^[0-9a-f-]{36}$/.test(String(parsed[name]))) delete parsed[name];
    // The client calls a streamed body that nobody gave a type by this one.
    if (name === "ContentType" && parsed[name] === "application/octet-stream") delete parsed[name];
  }
  return difference(await comparable(carried(schema, parsed, trip.service.protocol)), await comparable(expected));
}

/** Where what the client parses differs from what we serialized. */
export async function outputDifference(
  trip: RoundTrip,
  operation: OperationSchema,
  options: ValueOptions,
): Promise<string | undefined> {
  const output = schemaValue(operation.output as SchemaRef, options) as Struct;
  const input = schemaValue(operation.input as SchemaRef, { members: "required", seed: 0, fixed });
  const answer = await trip.client.exchange(operation.name, input as object, () =>
    trip.protocol.serialize(operation.name, output, requestId),
  );
  const { $metadata, ...received } = answer.output;
  if (!isDeepStrictEqual(($metadata as Struct).requestId, requestId)) return "lost the request id";
  const wire = trip.service.protocol === "restXml" ? "restXml" : "xml";
  const expected = carried(operation.output as SchemaRef, output, wire) as Struct;
  const actual = carried(operation.output as SchemaRef, received, wire) as Struct;
  forgive(trip, operation, expected, actual);
  return difference(await comparable(actual), await comparable(expected));
}

/** What AWS's answers and its client make different on purpose. */
function forgive({ service }: RoundTrip, { name }: OperationSchema, expected: Struct, actual: Struct): void {
  // The client makes it of Expires.
  if (expected.Expires instanceof Date) expected.ExpiresString = expected.Expires.toUTCString();
  // S3 says us-east-1 with an empty element, which the client takes for nothing.
  if (name === "GetBucketLocation" && expected.LocationConstraint === "") delete expected.LocationConstraint;
  // EC2 says `return` where it has nothing else to say.
  if (service.protocol === "ec2Query" && Object.keys(expected).length === 0) {
    for (const member of ["Return", "ReturnValue"]) if (String(actual[member]) === "true") delete actual[member];
  }
}

/** One line for each operation that differs: which, and where first. */
export async function differences(
  operations: readonly OperationSchema[],
  compare: (operation: OperationSchema) => Promise<string | undefined>,
): Promise<string[]> {
  const lines: string[] = [];
  for (const operation of operations) {
    const line = await compare(operation).catch((error: unknown) => String(error));
    if (line !== undefined) lines.push(`${operation.name}: ${line}`);
  }
  return lines;
}
