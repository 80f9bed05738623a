import type { CertificateAuthority, ServerCertificate } from "./certificate-authority.ts";
import type { RuntimeKind } from "./runtime-kind.ts";

export type DatabaseEngine = "postgres" | "mariadb" | "mysql";

/** What a server writes of itself: `error` is its log, the others are of MariaDB and MySQL alone. */
export type DatabaseLog = "error" | "slow" | "general";

export interface DatabaseSpec {
  /** The resource id (`db-ABCDEFGHIJKLMNOPQRSTUVWXYZ`): unique for each server, it names the server in every later call. */
  readonly id: string;
  readonly engine: DatabaseEngine;
  /** A version that `versions()` lists. */
  readonly engineVersion: string;
  /** The port on the host, of `allocatePort`'s choice. */
  readonly port: number;
  /** The address on the host to listen at: `127.0.0.1`. */
  readonly listenAddress: string;
  readonly masterUsername: string;
  /** Not looked at where a snapshot is restored or a replica made: the data have the master user. */
  readonly masterPassword: string;
  /** The snapshot whose data the server begins with. */
  readonly snapshotId?: string;
  /** With `snapshotId`: it begins with what its server had at a later time. */
  readonly recovery?: RecoveryPoint;
  /** Whether its archive is open from the start. */
  readonly archived?: boolean;
  /**
   * The running server whose data it begins with and whose changes it takes over from then on. It has no changes of its own
   * until it is promoted.
   */
  readonly replicaOf?: string;
  /** The database that is made at first; PostgreSQL always has `postgres`. */
  readonly databaseName?: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  /** As for `configure`. */
  readonly parameters?: DatabaseParameters;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a server had committed at a moment after one of its snapshots was taken. */
export interface RecoveryPoint {
  /** The id of the server; it may be gone. */
  readonly archiveOf: string;
  /** Inclusive; the archive has to reach beyond it, as that of a running server does. */
  readonly until: Date;
}

/** Settings of the engine, by its own names and in its own words and units, in place of its defaults. */
export type DatabaseParameters = Readonly<Record<string, string>>;

/** What of a server can be another than it was made with. */
export type DatabaseChanges = Partial<Pick<DatabaseSpec, "port" | "memoryBytes" | "cpus" | "engineVersion">>;

export interface DatabaseServer {
  readonly id: string;
  readonly state: "running" | "stopped";
  /** The version that really runs: `17.10`. */
  readonly engineVersion?: string;
}

/** A port of this machine that leads to a database server. */
export interface DatabaseForward {
  /** Its name in later calls. */
  readonly id: string;
  readonly listenAddress: string;
  readonly port: number;
  readonly target: { readonly host: string; readonly port: number };
  /** Transactions of its sessions are read-only ones, unless a session says otherwise; without `logins` these are not encrypted. */
  readonly readOnly: boolean;
  readonly engine: DatabaseEngine;
  /**
   * Those of the server's users who are to come with a token log in with one, encrypted, and with nothing else. Encryption ends
   * here.
   */
  readonly logins?: PostgresTokenLogins | MysqlTokenLogins;
}

interface TokenLogins {
  /** The server's, of `identity`. */
  readonly identity: ServerCertificate;
  /** Whether a token is the user's to log in with, now. */
  accepts(username: string, token: string): Promise<boolean>;
}

/** Members of `rds_iam` come with a token. */
export interface PostgresTokenLogins extends TokenLogins {
  /** With which the server takes a client for the user. */
  clientCertificate(username: string): Promise<ServerCertificate>;
}

export interface MysqlTokenLogins extends TokenLogins {
  readonly accounts: TokenAccounts;
}

/** The users of a server of MariaDB's or MySQL's who come with a token: those that `AWSAuthenticationPlugin` is to authenticate. */
export interface TokenAccounts {
  /** With which, by the plugin, the server itself lets them in. */
  readonly password: string;
  readonly plugin: "mysql_native_password" | "caching_sha2_password";
  /** What makes an account one of them in the server's own SQL, in place of `IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'`. */
  readonly clause: string;
  /** Whether a user is one of them. */
  has(username: string): Promise<boolean>;
}

/** They end with LocalAWS: whoever opened them opens them again. */
export interface DatabaseForwards {
  /**
   * Resolves when it listens. In place of one with the same id, whose connections end if it was another.
   * @throws DatabaseLaunchError where it cannot listen
   */
  open(forward: DatabaseForward): Promise<void>;
  /** Ends its connections. No error when there is none. */
  close(id: string): Promise<void>;
}

/** What servers have written, kept beside their data: with a snapshot it gives what they had later. Archives outlive their servers. */
export interface DatabaseArchives {
  /** Of whose servers there can be one; any other's is left alone. */
  readonly engines: readonly DatabaseEngine[];
  /** From now on the server archives what it writes. No error where it does already. */
  open(id: string): Promise<void>;
  /**
   * Resolves when what a server has committed is in its archive, so that a recovery can have any moment until now. Nothing
   * where it does not run, or archives nothing. @throws DatabaseLaunchError
   */
  flush(id: string): Promise<void>;
  /** Drops what snapshots that were taken since do not need. */
  prune(id: string, before: Date): Promise<void>;
  /** Drops all of it, and the server archives no more. No error when there is none. */
  remove(id: string): Promise<void>;
  /** The ids of all servers that may have one. */
  list(): Promise<string[]>;
}

/** A server that cannot be made or started, with a sentence for people. */
export class DatabaseLaunchError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseLaunchError";
  }
}

/**
 * Runs database servers. Data and port survive a stop and a restart of LocalAWS.
 * One contract test suite (`test/runtime/database-driver.test.ts`) runs against every implementation.
 */
export interface DatabaseDriver {
  readonly kind: RuntimeKind;
  readonly limitations: readonly string[];
  /** Further ports of its servers. */
  readonly forwards: DatabaseForwards;
  readonly archives: DatabaseArchives;
  /** Issues the certificates of the servers. */
  authority(): Promise<CertificateAuthority>;
  /** The certificate of a server, by which its clients know it. @throws DatabaseLaunchError where it has none */
  identity(id: string): Promise<ServerCertificate>;
  /** Of a server of MariaDB's or MySQL's. @throws DatabaseLaunchError of any other */
  tokenAccounts(id: string): Promise<TokenAccounts>;
  /** The versions that this runtime can run, the default first; none of an engine that it cannot run. */
  versions(engine: DatabaseEngine): readonly string[];
  /** Why there is no version of an engine, and what helps, in a sentence for people. */
  absence(engine: DatabaseEngine): string | undefined;
  /** The versions that a server of `version` can be changed to. */
  upgrades(engine: DatabaseEngine, version: string): readonly string[];
  /**
   * Puts right what the end of LocalAWS has cut off, as an upgrade: such servers go on with what they had. Before anything else.
   * @throws DatabaseLaunchError where that cannot be, now
   */
  mend(): Promise<void>;
  /** Makes the server and resolves when it accepts connections. @throws DatabaseLaunchError, and leaves nothing behind */
  create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer>;
  /** Resolves when it accepts connections at the port that it had. */
  start(id: string): Promise<DatabaseServer>;
  /** A clean shutdown; no error when it has ended already. */
  stop(id: string): Promise<void>;
  reboot(id: string): Promise<void>;
  /** Makes it another; one that runs is restarted where that takes it. @throws DatabaseLaunchError */
  change(id: string, changes: DatabaseChanges): Promise<void>;
  /** Makes a running replica a server of its own, with what it has by then; nothing of any other. @throws DatabaseLaunchError */
  promote(id: string): Promise<void>;
  /**
   * Stops a running server and promotes its replica, which has all that was committed by then.
   * @throws DatabaseLaunchError where the replica does not keep up with it within `patience` milliseconds: nothing has changed then
   */
  switchOver(id: string, replicaId: string, patience: number): Promise<void>;
  /** Ends it and drops its data. No error when there is none. */
  remove(id: string): Promise<void>;
  get(id: string): Promise<DatabaseServer | undefined>;
  list(): Promise<DatabaseServer[]>;
  /** Gives a user of a running server another password. @throws DatabaseLaunchError where that cannot be */
  setPassword(id: string, username: string, password: string): Promise<void>;
  /**
   * Makes a user of a running server who may read everything. For servers that nobody else uses.
   * @throws DatabaseLaunchError
   */
  admitReader(id: string, username: string, password: string): Promise<void>;
  /**
   * Sets what a server goes by from now on, in place of what it was configured with. One that runs takes what it can at
   * once: resolves with the names of the settings that wait for a reboot; none of one that does not run.
   * @throws DatabaseLaunchError where there is no such server
   */
  configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }>;
  /** What the server has written to a log, cut to the last MiB; empty where there is no such server or it has no such log. */
  log(id: string, log?: DatabaseLog): Promise<string>;
  /**
   * Copies the data of a server as the snapshot of a disk does: a server that begins with them recovers as after a crash, and
   * has what was committed. A running server stands still meanwhile, and goes on. @throws DatabaseLaunchError, and leaves nothing
   */
  snapshot(id: string, snapshotId: string): Promise<void>;
  /** @throws DatabaseLaunchError where there is no such snapshot */
  copySnapshot(snapshotId: string, copyId: string): Promise<void>;
  /** No error when there is none. */
  removeSnapshot(snapshotId: string): Promise<void>;
  /** The ids of all snapshots. */
  listSnapshots(): Promise<string[]>;
  /** Removes every server, snapshot and archive of this data folder. Under 50 ms when there is none. */
  removeAll(): Promise<void>;
  /** Lets go; servers keep running where the runtime can keep them (containers do, embedded ones are shut down cleanly). */
  close(): Promise<void>;
}
