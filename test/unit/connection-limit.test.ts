import { execFileSync } from "node:child_process";
import { expect } from "chai";

const script = `
import { createServer } from "node:http";
import { limitConnections } from "./src/http/connection-limit.ts";
const server = createServer();
limitConnections(server);
console.log(server.maxConnections);`;

/** What a process takes that may have so many descriptors. */
const connectionsOf = (descriptors: number) =>
  Number(
    execFileSync(
      "sh",
      ["-c", `ulimit -n ${descriptors} && exec "$0" "$@"`, process.execPath, "--import", "tsx"].concat(
        "--input-type=module",
        "-e",
        script,
      ),
      {
        encoding: "utf8",
      },
    ),
  );

describe("the connections that are taken", function () {
  this.timeout(60_000);
  before(function () {
    if (process.platform !== "linux") this.skip();
  });

  it("leave descriptors for their files, and for what LocalAWS has open and starts", () => {
    expect(connectionsOf(1064)).to.equal(500);
    expect(connectionsOf(80)).to.equal(16);
  });
});
