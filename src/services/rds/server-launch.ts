import {
  DatabaseLaunchError,
  type DatabaseServer,
  type DatabaseSpec,
  type RecoveryPoint,
} from "../../runtime/database-driver.ts";
import { isPortFree } from "../../runtime/free-port.ts";
import type { ServiceContext } from "../service-context.ts";
import { findPort, listenAddress } from "./ports.ts";

/** What a server begins with: a password, which is kept nowhere else, or the data of a snapshot or a server, which have one. */
export type Origin =
  | { readonly masterPassword: string }
  | { readonly snapshotId: string; readonly recovery?: RecoveryPoint }
  | { readonly replicaOf: string };

interface Launch {
  readonly name: string;
  readonly spec: Omit<DatabaseSpec, "masterPassword" | "snapshotId" | "recovery" | "listenAddress">;
  readonly origin: Origin;
  readonly signal: AbortSignal;
  /** Writes down that the server gets another port. */
  movedTo(port: number): Promise<unknown>;
}

export async function launchServer(ctx: ServiceContext, launch: Launch): Promise<DatabaseServer> {
  const { name, origin, signal } = launch;
  const spec = { ...launch.spec, listenAddress, masterPassword: "", ...origin };
  const progress = (line: string) => ctx.log.info({ database: name }, line);
  return atFreePort(ctx, { port: launch.spec.port, signal, movedTo: launch.movedTo }, (port) =>
    ctx.databases.create({ ...spec, port }, progress, signal),
  );
}

/** Another program may take a port between its choice and its use: then it is another one. */
export async function atFreePort<Result>(
  ctx: ServiceContext,
  options: {
    readonly port: number;
    readonly signal?: AbortSignal;
    readonly movedTo: (port: number) => Promise<unknown>;
  },
  use: (port: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1, port = options.port; ; attempt++) {
    try {
      return await use(port);
    } catch (error) {
      if (options.signal?.aborted || attempt === 5 || !(await isAboutPort(error, port))) throw error;
      // Whoever takes the lowest ones too, as another LocalAWS, would be a moment faster again.
      port = await findPort(ctx, ctx.randomBytes(2).readUInt16BE());
      await options.movedTo(port);
    }
  }
}

/**
 * In words, where they say so: whoever had it may have ended by now, and where LocalAWS itself runs in a container, only the engine
 * sees what has the host's ports.
 */
async function isAboutPort(error: unknown, port: number): Promise<boolean> {
  if (!(error instanceof DatabaseLaunchError)) return false;
  return (
    /already (in use|allocated)|in use by another program/i.test(error.message) ||
    !(await isPortFree(listenAddress, port))
  );
}
