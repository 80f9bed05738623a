import type { Logger } from "pino";
import type { DatabaseDriver } from "./database-driver.ts";
import type { MachineDriver } from "./machine-driver.ts";
import type { RuntimeKind } from "./runtime-kind.ts";

/** What runs machines and what runs databases. */
export interface Runtime {
  readonly machines: MachineDriver;
  readonly databases: DatabaseDriver;
}

export interface RuntimeOptions {
  /** An absolute path. */
  readonly dataDir: string;
  /** Folders where database servers that are not shipped are looked for. */
  readonly searchPath: readonly string[];
  readonly log: Logger;
}

/** Milliseconds: a person waits for the start when no engine is there. */
const automaticTimeout = 2000;
/** Milliseconds for an engine that was asked for by name: one that has just been started takes its time. */
const engineTimeout = 15_000;

/**
 * The runtime of this kind; `auto` takes Docker where an engine answers within two seconds, else the embedded one. Each
 * is loaded only when it is chosen.
 * @throws Error with a sentence for people when it cannot be had
 */
export async function selectRuntime({
  kind,
  ...options
}: RuntimeOptions & { kind: RuntimeKind | "auto" }): Promise<Runtime> {
  switch (kind) {
    case "docker":
      return await docker(options, engineTimeout);
    case "embedded":
      return await (await import("./embedded/embedded-runtime.ts")).createEmbeddedRuntime(options);
    case "records":
      return await (await import("./records/records-runtime.ts")).createRecordsRuntime(options);
    case "auto":
      try {
        return await docker(options, automaticTimeout);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        options.log.info({ reason }, "no Docker engine: using the embedded runtime");
        return await selectRuntime({ kind: "embedded", ...options });
      }
  }
}

async function docker(options: RuntimeOptions, timeout: number): Promise<Runtime> {
  const { createDockerRuntime } = await import("./docker/docker-runtime.ts");
  return await createDockerRuntime({ ...options, timeout });
}
