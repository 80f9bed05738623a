import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One call of botocore's: a line of `botocore_exchange.py`. */
export interface BotocoreCall {
  readonly service: string;
  readonly operation: string;
  readonly members: "all" | "required";
  readonly sent: Readonly<Record<string, unknown>>;
  readonly received?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string; readonly status: number };
  /** What botocore raised because it could not make sense of the answer. */
  readonly exception?: string;
  readonly requestId?: string;
}

export interface BotocoreRun {
  readonly calls: readonly BotocoreCall[];
  /** The members that botocore's model has, by service and structure. */
  readonly structures: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>>;
}

/** Calls every operation of the services, by name, at their endpoints. */
export async function callWithBotocore(endpoints: Readonly<Record<string, string>>): Promise<BotocoreRun> {
  const script = fileURLToPath(new URL("./botocore_exchange.py", import.meta.url));
  const services = Object.entries(endpoints).map(([service, url]) => `${service}=${url}`);
  const python = spawn("python3", [script, ...services], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(python, "close");
  let errors = "";
  python.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const calls: BotocoreCall[] = [];
  const structures = new Map<string, Record<string, string[]>>();
  for await (const line of createInterface({ input: python.stdout })) {
    const parsed: BotocoreCall & { structures?: Record<string, string[]> } = JSON.parse(line);
    if (parsed.structures === undefined) calls.push(parsed);
    else structures.set(parsed.service, parsed.structures);
  }
  const [code] = await closed;
  if (code !== 0) throw new Error(`botocore_exchange.py ended with ${code}: ${errors}`);
  return { calls, structures };
}
