import { mkdtempSync, rmSync } from "node:fs";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An installation without the optional package: opens a terminal, and prints what it rejects with. */
const hooks = `export async function resolve(name, context, next) {
  if (name === "koffi") throw new Error("Cannot find package 'koffi'");
  return await next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
const { PseudoTerminal } = await import("../../../src/runtime/embedded/pseudo-terminal.ts");
const folder = mkdtempSync(join(tmpdir(), "localaws-koffi-"));
const error: unknown = await PseudoTerminal.open(folder).catch((reason: unknown) => reason);
rmSync(folder, { recursive: true });
const { name, reason, message } = error as { name: string; reason: string; message: string };
console.log(JSON.stringify({ name, reason, message }));
