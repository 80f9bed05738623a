import { delimiter, isAbsolute, resolve } from "node:path";
import type { RuntimeKind } from "./runtime/runtime-kind.ts";
import {
  ConfigError,
  type ListenAddress,
  matching,
  oneOf,
  type PortRange,
  parseAccountId,
  parseCredentials,
  parseHosts,
  parseListen,
  parseOrigins,
  parsePassword,
  parsePortRange,
  parseSshListen,
  parseWebhooks,
  secondsBetween,
} from "./setting-values.ts";

export { ConfigError, type ListenAddress };

/** Everything that can be set; frozen at start. `loadConfig` is the only reader of `process.env`. */
export interface Config {
  readonly listen: readonly ListenAddress[];
  /** An absolute path. */
  readonly dataDir: string;
  readonly runtime: RuntimeKind | "auto";
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  readonly credentials: readonly ConfiguredCredential[];
  /** `off`: signatures are not verified. */
  readonly auth: "on" | "off";
  /** `off`: packets of instances pass whatever the rules of their security groups say. */
  readonly securityGroups: "on" | "off";
  /** The image that AMI ids run which the catalogue does not know; none: they are refused. */
  readonly unknownAmi: string | undefined;
  readonly logLevel: string;
  /** Of the console and the JSON API; none: the documented default, which is for loopback alone. */
  readonly adminPassword: string | undefined;
  /** Origins whose pages may use the JSON API: `https://example.com`, or `*`. */
  readonly corsOrigins: readonly string[];
  /** Names by which the console and the JSON API may be called, beside the usual ones; `*`: by any. In lower case. */
  readonly allowedHosts: readonly string[];
  /** Where the SSH gateway to the instances listens; none: it does not. */
  readonly sshListen: ListenAddress | undefined;
  /** A PostgreSQL URL for the metadata; none: SQLite under `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** How long a day of S3's lifecycle rules is: milliseconds. */
  readonly lifecycleDay: number;
  /** How long records of S3's access logs wait for others: milliseconds. */
  readonly accessLogInterval: number;
  /** How long a client may be silent in the middle of a request's body, or fetch nothing of an answer: milliseconds. */
  readonly longestSilence: number;
  /** Where databases listen whose port nobody chose. */
  readonly databasePorts: PortRange;
  /** Whether a database gets the port that its creation asks for, where that is free. */
  readonly honorDatabasePort: boolean;
  /** URLs that the events of S3's buckets are posted to. */
  readonly eventWebhooks: readonly string[];
  /** Folders where the system's programs are looked for, as in `PATH`. */
  readonly searchPath: readonly string[];
}

export interface ConfiguredCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly accountId: string;
}

/** One setting: the source of the command's options, of what is accepted, and of docs/configuration.md. */
export interface Setting<Value> {
  /** The option of `localaws start`, with the name of its value: `--data <folder>`. */
  readonly flag: string;
  readonly variable: string;
  /** As it would be typed; none: not set. */
  readonly default?: string;
  readonly description: string;
  /** @throws ConfigError with what to write instead */
  parse(text: string): Value;
}

export const settings = {
  listen: {
    flag: "--listen <addresses>",
    variable: "LOCALAWS_LISTEN",
    default: "127.0.0.1:4566,127.0.0.1:3000",
    description:
      "The addresses to listen at, separated by commas. Port 0 takes a free one. Where 3000 is taken, the default does without it.",
    parse: parseListen,
  },
  dataDir: {
    flag: "--data <folder>",
    variable: "LOCALAWS_DATA_DIR",
    default: "./data",
    description: "The folder that all state lives in; it is made when it is missing.",
    parse: (text) => resolve(text),
  },
  runtime: {
    flag: "--runtime <name>",
    variable: "LOCALAWS_RUNTIME",
    default: "auto",
    description:
      "What runs instances and databases: `docker`, `embedded`, `records` (states only), or `auto`: docker where an engine answers, else embedded.",
    parse: oneOf("auto", "docker", "embedded", "records"),
  },
  accountId: {
    flag: "--account-id <digits>",
    variable: "LOCALAWS_ACCOUNT_ID",
    default: "000000000000",
    description: "The default account: twelve digits.",
    parse: parseAccountId,
  },
  region: {
    flag: "--region <name>",
    variable: "LOCALAWS_REGION",
    default: "us-east-1",
    description: "The region of requests that name none.",
    parse: matching(/^[a-z]+(-[a-z]+)+-\d+$/, "a region: write one such as us-east-1"),
  },
  credentials: {
    flag: "--credentials <keys>",
    variable: "LOCALAWS_CREDENTIALS",
    description:
      "More root keys, as `key:secret` or `key:secret:account`, separated by commas. `test:test` is there unless this gives `test` another secret.",
    parse: parseCredentials,
  },
  auth: {
    flag: "--auth <on|off>",
    variable: "LOCALAWS_AUTH",
    default: "on",
    description: "`off`: signatures are not verified.",
    parse: oneOf("on", "off"),
  },
  securityGroups: {
    flag: "--ec2-security-groups <on|off>",
    variable: "LOCALAWS_EC2_SECURITY_GROUPS",
    default: "on",
    description: "`off`: security groups, network ACLs and routes are kept, and packets pass whatever they say.",
    parse: oneOf("on", "off"),
  },
  unknownAmi: {
    flag: "--ec2-unknown-ami <image>",
    variable: "LOCALAWS_EC2_UNKNOWN_AMI",
    description: "The image that unknown AMI ids run, such as `alpine:latest`. Not set: they are refused.",
    parse: matching(/^[\w][\w.\-/:@]*$/, "an image: write one such as alpine:latest"),
  },
  databasePorts: {
    flag: "--rds-ports <range>",
    variable: "LOCALAWS_RDS_PORTS",
    default: "4510-32767",
    description:
      "The ports of databases, the lowest that is free first. Two LocalAWS on one machine are safest with ranges of their own.",
    parse: parsePortRange,
  },
  honorDatabasePort: {
    flag: "--rds-honor-port <1|0>",
    variable: "LOCALAWS_RDS_HONOR_PORT",
    default: "1",
    description:
      "`1`: a database whose creation names a `Port` gets it, where that is free on this machine. `0`: it gets one of `LOCALAWS_RDS_PORTS` all the same.",
    parse: (text) => oneOf("1", "0")(text) === "1",
  },
  lifecycleDay: {
    flag: "--s3-lifecycle-day-seconds <seconds>",
    variable: "LOCALAWS_S3_LIFECYCLE_DAY_SECONDS",
    default: "86400",
    description:
      "How long a day of S3's lifecycle rules, inventories and restored copies lasts, which tests shorten: 1 makes an object that expires after a day vanish within two seconds.",
    parse: secondsBetween(0.1, 86_400, "length of a day"),
  },
  accessLogInterval: {
    flag: "--s3-access-log-seconds <seconds>",
    variable: "LOCALAWS_S3_ACCESS_LOG_SECONDS",
    default: "60",
    description: "How often S3's server access logs are delivered, where requests to a bucket are logged.",
    parse: secondsBetween(0.1, 86_400, "interval"),
  },
  longestSilence: {
    flag: "--idle-seconds <seconds>",
    variable: "LOCALAWS_IDLE_SECONDS",
    default: "60",
    description:
      "How long a client may say nothing in the middle of a request's body, before it is told `RequestTimeout` and its connection is closed; and how long it may fetch nothing of a large answer, before its connection is closed.",
    parse: secondsBetween(0.1, 86_400, "time"),
  },
  eventWebhooks: {
    flag: "--s3-event-webhooks <urls>",
    variable: "LOCALAWS_S3_EVENT_WEBHOOKS",
    description:
      "URLs such as `http://127.0.0.1:8080/events`, separated by commas, that the events which the notification configurations of buckets select are posted to. Not set: nobody is told.",
    parse: parseWebhooks,
  },
  logLevel: {
    flag: "--log-level <level>",
    variable: "LOCALAWS_LOG_LEVEL",
    default: "info",
    description: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.",
    parse: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
  },
  adminPassword: {
    flag: "--admin-password <password>",
    variable: "LOCALAWS_ADMIN_PASSWORD",
    default: "password",
    description:
      "The password of `admin` in the console and the JSON API. The default is for loopback addresses: to listen at any other, set it. The variable does not show in the list of processes.",
    parse: parsePassword,
  },
  corsOrigins: {
    flag: "--cors-origins <origins>",
    variable: "LOCALAWS_CORS_ORIGINS",
    description:
      "Origins whose pages may use the JSON API, such as `https://example.com`, separated by commas; `*`: all. Not set: none but its own.",
    parse: parseOrigins,
  },
  allowedHosts: {
    flag: "--allowed-hosts <names>",
    variable: "LOCALAWS_ALLOWED_HOSTS",
    description:
      "Host names by which the console and the JSON API may be called, beside localhost and the addresses that they listen at, separated by commas; `*`: any.",
    parse: parseHosts,
  },
  sshListen: {
    flag: "--ssh-listen <address>",
    variable: "LOCALAWS_SSH_LISTEN",
    default: "127.0.0.1:4522",
    description:
      "The address of the SSH gateway to the instances; `off`: there is none. Where the default is taken, LocalAWS does without it.",
    parse: parseSshListen,
  },
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settings;

/** `Object.keys` forgets that these are the only names. */
export const settingNames = Object.keys(settings) as readonly SettingName[];

/** A flag goes before its variable, and that before the default. An empty value is one that is not set. @throws ConfigError */
export function loadConfig(
  flags: Partial<Record<SettingName, string>> = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  if (env.LOCALAWS_DATABASE_URL) {
    throw new ConfigError(
      "LOCALAWS_DATABASE_URL cannot be used yet: the metadata is kept in SQLite under the data folder. Unset it to start.",
    );
  }
  const given = (name: SettingName) => flags[name] || env[settings[name].variable] || undefined;
  const accountId = read(settings.accountId, given("accountId"));
  return deepFreeze({
    listen: read(settings.listen, given("listen")).map((address) =>
      given("listen") === undefined && address.port === 3000 ? { ...address, optional: true } : address,
    ),
    dataDir: read(settings.dataDir, given("dataDir")),
    runtime: read(settings.runtime, given("runtime")),
    accountId,
    region: read(settings.region, given("region")),
    credentials: withDefaultCredential(readOptional(settings.credentials, given("credentials")) ?? [], accountId),
    auth: read(settings.auth, given("auth")),
    securityGroups: read(settings.securityGroups, given("securityGroups")),
    unknownAmi: readOptional(settings.unknownAmi, given("unknownAmi")),
    databasePorts: read(settings.databasePorts, given("databasePorts")),
    honorDatabasePort: read(settings.honorDatabasePort, given("honorDatabasePort")),
    lifecycleDay: read(settings.lifecycleDay, given("lifecycleDay")),
    accessLogInterval: read(settings.accessLogInterval, given("accessLogInterval")),
    longestSilence: read(settings.longestSilence, given("longestSilence")),
    eventWebhooks: readOptional(settings.eventWebhooks, given("eventWebhooks")) ?? [],
    logLevel: read(settings.logLevel, given("logLevel")),
    adminPassword: readOptional(settings.adminPassword, given("adminPassword")),
    corsOrigins: readOptional(settings.corsOrigins, given("corsOrigins")) ?? [],
    allowedHosts: readOptional(settings.allowedHosts, given("allowedHosts")) ?? [],
    searchPath: (env.PATH ?? "").split(delimiter).filter(isAbsolute),
    sshListen: withOptional(read(settings.sshListen, given("sshListen")), given("sshListen") === undefined),
    databaseUrl: undefined,
  });
}

/** For a LocalAWS inside another process: of the environment only PATH is read, for the programs of databases. @throws ConfigError */
export function loadSettings(given: Partial<Record<SettingName, string>>): Config {
  return loadConfig(given, { PATH: process.env.PATH });
}

/**
 * The default password is known to everybody: it is for addresses that only this machine reaches.
 * @throws ConfigError which says what to set
 */
export function requireOwnPassword(config: Pick<Config, "listen" | "adminPassword">): void {
  const open = config.listen.find(({ host }) => !isLoopbackHost(host));
  if (config.adminPassword !== undefined || open === undefined) return;
  const { variable } = settings.adminPassword;
  throw new ConfigError(
    `${open.host}:${open.port} can be reached from other machines, where the default password of the console would let anybody in. Set ${variable} to a password of your own, or listen at 127.0.0.1.`,
  );
}

/** Whether only this machine reaches an address to listen at. */
export function isLoopbackHost(host: string): boolean {
  return host === "::1" || host === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function read<Value>(setting: Setting<Value> & { default: string }, given: string | undefined): Value {
  return parse(setting, given ?? setting.default);
}

function readOptional<Value>(setting: Setting<Value>, given: string | undefined): Value | undefined {
  return given === undefined ? undefined : parse(setting, given);
}

function parse<Value>(setting: Setting<Value>, text: string): Value {
  try {
    return setting.parse(text.trim());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [option] = setting.flag.split(" ");
    throw new ConfigError(`${option} (${setting.variable}): ${error.message}.`);
  }
}

function withDefaultCredential(
  given: readonly (Omit<ConfiguredCredential, "accountId"> & { accountId?: string })[],
  accountId: string,
): ConfiguredCredential[] {
  const credentials = given.map((credential) => ({ accountId, ...credential }));
  if (credentials.some(({ accessKeyId }) => accessKeyId === "test")) return credentials;
  return [{ accessKeyId: "test", secretAccessKey: "test", accountId }, ...credentials];
}

function withOptional(address: ListenAddress | undefined, optional: boolean): ListenAddress | undefined {
  return address === undefined || !optional ? address : { ...address, optional };
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
