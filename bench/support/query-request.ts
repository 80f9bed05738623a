import aws4 from "aws4";
import { type WireRequest, wireRequest } from "./http-load.ts";

const versions = { ec2: "2016-11-15", rds: "2014-10-31" };

/** A request for a service that takes forms, signed with Signature Version 4. */
export function queryRequest(
  port: number,
  service: keyof typeof versions,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
): WireRequest {
  const body = new URLSearchParams({ Action: name, Version: versions[service], ...parameters }).toString();
  const { headers = {} } = aws4.sign(
    { service, region: "us-east-1", host: `127.0.0.1:${port}`, method: "POST", path: "/", body },
    { accessKeyId: "test", secretAccessKey: "test" },
  );
  const lower = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), String(value)]);
  return wireRequest("POST", "/", Object.fromEntries(lower) as Record<string, string>, Buffer.from(body));
}
