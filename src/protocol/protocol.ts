import type { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import type { BodyStream } from "../aws/operations.ts";

export type ProtocolName = "awsQuery" | "ec2Query" | "restXml" | "restJson1" | "awsJson1_1";

/** What the wire shows of a service beside its schemas. */
export interface ProtocolService {
  readonly protocol: ProtocolName;
  /** The `Version` of query requests: `2016-11-15`. */
  readonly apiVersion: string;
  /** Of the services that answer in XML. */
  readonly xmlNamespace?: string;
  /** JSON services: what stands before the operation in `X-Amz-Target`. */
  readonly targetPrefix?: string;
  /** Query services: what a missing required member is called. The default is `MissingParameter`. */
  readonly missingMemberCode?: "MissingParameter" | "ValidationError";
  /** Query services: required structures of which the operation itself says that they are not there. A form cannot tell an empty one from none. */
  readonly maybeEmpty?: readonly string[];
}

/** A request whose operation is known and whose input is not parsed yet. */
export interface Call {
  /** The operation's AWS name: `RunInstances`. */
  readonly operation: string;
  /** The whole body, where finding the operation took reading it (query protocols). */
  readonly payload?: Uint8Array;
  /** The request as its operation has to see it, where that is not what came over the wire. */
  readonly request?: HttpRequest;
  /** The input by the SDK's schema. `body` is the authenticated body; it is not used when there is a `payload`. @throws AwsError */
  parse(body: BodyStream): Promise<Record<string, unknown>>;
}

/** One of AWS's wire protocols over the schemas of one service. It knows schemas, and no service. */
export interface Protocol {
  /** Finds the operation. @throws AwsError `InvalidAction`, or S3's `MethodNotAllowed` */
  match(request: HttpRequest): Promise<Call>;
  /** The answer to `operation`. Members that the output schema does not have are not sent. */
  serialize(operation: string, output: unknown, requestId: string): HttpResponse;
  /** An answer of no operation's, to a preflight request: its headers, and no body. */
  serializeEmpty(headers: Readonly<Record<string, string>>, requestId: string): HttpResponse;
  serializeError(error: AwsError, requestId: string, request?: Pick<HttpRequest, "method" | "path">): HttpResponse;
}
