import { AwsError } from "../aws/aws-error.ts";
import type { QueryDialect } from "./query-protocol.ts";
import { escapeXml } from "./xml-writer.ts";

/** EC2: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export const ec2Query: QueryDialect = {
  name: "ec2Query",
  wrapResult(operation, members, requestId, xmlNamespace) {
    // An operation without output answers `return`, which the SDKs ignore and people who read the XML expect.
    const content = members === "" ? "<return>true</return>" : members;
    return (
      `<?xml version="1.0" encoding="UTF-8"?>\n<${operation}Response xmlns="${xmlNamespace}">` +
      `<requestId>${requestId}</requestId>${content}</${operation}Response>`
    );
  },
  wrapError(error, members, requestId) {
    return (
      `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message>${members}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
    );
  },
  invalidValue: ({ parameter, malformed }) =>
    new AwsError(
      "InvalidParameterValue",
      `Value (${malformed.text}) for parameter ${parameter} is invalid. Expecting a ${malformed.expected}.`,
      400,
    ),
};
