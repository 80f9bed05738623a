import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Credentials } from "../auth/credentials.ts";
import type { RequestContext } from "../aws/context.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";
import type { DatabaseDriver } from "../runtime/database-driver.ts";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import type { ConnectSql } from "../sql/sql-connection.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import type { ServiceObjects } from "./service-objects.ts";

/** What a service works with outside of a request: at start, and in what goes on after an answer. */
export interface ServiceContext {
  readonly db: Kysely<Database>;
  readonly blobs: BlobStore;
  readonly machines: MachineDriver;
  readonly databases: DatabaseDriver;
  readonly connectSql: ConnectSql;
  readonly credentials: Credentials;
  /** What services put into buckets. */
  readonly objects: ServiceObjects;
  /** For events of what has been committed. */
  readonly webhooks: Webhooks;
  readonly config: Config;
  readonly log: Logger;
  now(): Date;
  newId(prefix: string): string;
  randomBytes(length: number): Buffer;
  /**
   * Runs what an operation started and does not wait for (a launch, a stop). Errors are logged with `name`; a graceful
   * stop waits for it, and `reset` waits too, so that nothing writes into a state that has been dropped.
   */
  background(name: string, work: () => Promise<void>): void;
}

/** What acts for an account in a region, within a request or not. */
export interface AccountContext extends ServiceContext {
  readonly accountId: string;
  readonly region: string;
}

export interface Context extends RequestContext, ServiceContext {}
