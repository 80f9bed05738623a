import type { Logger } from "pino";
import type { DatabaseDriver } from "../database-driver.ts";
import type { MachineDriver } from "../machine-driver.ts";
import { RecordsDatabases } from "./records-databases.ts";
import { RecordsMachines } from "./records-machines.ts";

/** The runtime that keeps states only, for fast tests of what calls the API. `dataDir` is an absolute path. */
export async function createRecordsRuntime({
  dataDir,
}: {
  readonly dataDir: string;
  readonly log: Logger;
}): Promise<{ machines: MachineDriver; databases: DatabaseDriver }> {
  return {
    machines: new RecordsMachines({
      dataDir,
      kind: "records",
      limitations: ["Instances are records only: nothing runs, and no shell can be opened."],
    }),
    databases: new RecordsDatabases({
      dataDir,
      kind: "records",
      limitations: ["Databases are records only: nothing listens at their endpoints."],
    }),
  };
}
