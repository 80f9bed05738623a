import { AwsError } from "../aws/aws-error.ts";
import type { QueryDialect } from "./query-protocol.ts";
import { escapeXml } from "./xml-writer.ts";

/** RDS, STS, IAM: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export const awsQuery: QueryDialect = {
  name: "awsQuery",
  wrapResult(operation, members, requestId, xmlNamespace) {
    return (
      `<${operation}Response xmlns="${xmlNamespace}"><${operation}Result>${members}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
    );
  },
  wrapError(error, members, requestId, xmlNamespace) {
    return (
      `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${error.fault === "client" ? "Sender" : "Receiver"}</Type>` +
      `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>${members}</Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`
    );
  },
  invalidValue: ({ parameter, malformed }) =>
    new AwsError(
      "MalformedInput",
      `Value (${malformed.text}) for parameter ${parameter} is not a valid ${malformed.expected}.`,
      400,
    ),
};
