import { isLoopbackHost } from "../config.ts";
import type { LocalAws } from "../local-aws.ts";
import { urlOf } from "./endpoint.ts";

/** What a person at a terminal reads after the start. */
export function banner(server: LocalAws, version: string): string {
  const { config, addresses, endpoint, runtime, limitations } = server;
  const lines = [
    `LocalAWS ${version}`,
    "",
    `  Endpoint   ${addresses.map(urlOf).join("  ")}`,
    `  Runtime    ${runtime}`,
    ...limitations.map((limitation) => `             - ${limitation}`),
    `  Data       ${config.dataDir}`,
    "",
    "  In another terminal:",
    `    export AWS_ENDPOINT_URL=${endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=${config.region}`,
    "    aws s3 mb s3://my-bucket",
    "",
    "  Ctrl-C stops it; what it holds stays in the data folder.",
  ];
  if (config.auth === "off") lines.push("  Signatures are not verified: anybody who reaches the endpoint is root.");
  if (addresses.some(({ host }) => !isLoopbackHost(host))) {
    lines.push("  It listens beyond this machine: whoever has a key there can run programs here.");
  }
  return `${lines.join("\n")}\n`;
}
