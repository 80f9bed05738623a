import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

describe("embedded pseudo-terminal", () => {
  it("says what to install where the package with the system call is missing", async () => {
    const script = fileURLToPath(new URL("terminal-without-koffi.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script]);
    const error = JSON.parse(stdout) as { name: string; reason: string; message: string };
    expect(error).to.include({ name: "TerminalError", reason: "Unavailable" });
    expect(error.message).to.match(/koffi, which cannot be loaded here \(Cannot find package 'koffi'.*\)\. Install it/);
  });
});
