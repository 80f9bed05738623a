import type Docker from "dockerode";
import { unlessStatus } from "./engine.ts";
import { ownFilter } from "./labels.ts";

/** Lets databases go on that were paused for a snapshot when LocalAWS was killed: they answer nothing, and cannot be started. */
export async function resumePausedDatabases(docker: Docker, folder: string): Promise<void> {
  for (const kind of ["database", "mysql-database"] as const) {
    const filters = { ...ownFilter({ folder, kind }), status: ["paused"] };
    for (const { Id } of await docker.listContainers({ all: true, filters })) {
      // 409: it is not paused any more. 404: somebody has removed it.
      await unlessStatus(docker.getContainer(Id).unpause(), 404, 409);
    }
  }
}
