import { spawn } from "node:child_process";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";

/** Runs Docker's own client, to see the engine's side of things; gives what it writes. */
export async function engineCommand(args: readonly string[], input = ""): Promise<string> {
  return (await engineOutput(args, input)).toString("utf8").trim();
}

export async function engineOutput(args: readonly string[], input = ""): Promise<Buffer> {
  const child = spawn("docker", args);
  // Who ends before it has read all of it says why by its exit code.
  child.stdin.on("error", () => {}).end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Makes an image from the instructions of a Dockerfile; remove it with `docker rmi`. */
export async function buildImage(name: string, instructions: readonly string[]): Promise<void> {
  await engineCommand(["build", "-q", "-t", name, "-"], instructions.join("\n"));
}
