import { createAwsJsonProtocol } from "./aws-json.ts";
import { awsQuery } from "./aws-query.ts";
import { ec2Query } from "./ec2-query.ts";
import type { Protocol, ProtocolService } from "./protocol.ts";
import { createQueryProtocol } from "./query-protocol.ts";
import { createRestJsonProtocol } from "./rest-json.ts";
import { createRestXmlProtocol } from "./rest-xml.ts";

/** The wire protocol of a service over its SDK client's schemas; compiled as operations are used. */
export function createProtocol(service: ProtocolService, sdk: Readonly<Record<string, unknown>>): Protocol {
  switch (service.protocol) {
    case "awsQuery":
      return createQueryProtocol(awsQuery, service, sdk);
    case "ec2Query":
      return createQueryProtocol(ec2Query, service, sdk);
    case "awsJson1_1":
      return createAwsJsonProtocol(service, sdk);
    case "restJson1":
      return createRestJsonProtocol(sdk);
    case "restXml":
      return createRestXmlProtocol(service, sdk);
  }
}
