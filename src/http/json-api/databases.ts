import type { DBInstance } from "@aws-sdk/client-rds";
import { z } from "zod";
import type { App } from "../app.ts";
import type { CallOperation } from "../call-operation.ts";
import { connectionSchema, connectionTo, dialectOf } from "./database-connection.ts";
import { type Route, route } from "./route.ts";
import { dateTime, fromTags, isoTime, named, nextToken, pageQuery, tagsSchema, toTags } from "./schemas.ts";

export const database = named(
  "Database",
  z.strictObject({
    id: z.string(),
    status: z
      .string()
      .describe("`creating`, `available`, `stopping`, `stopped`, `starting`, `rebooting`, `deleting`, …"),
    engine: z.string(),
    engine_version: z.string(),
    class: z.string(),
    allocated_storage: z.int().describe("GiB."),
    cluster: z
      .string()
      .nullable()
      .describe("The cluster that it is a member of: that is stopped, started and snapshotted as a whole."),
    endpoint: z
      .strictObject({ address: z.string(), port: z.int() })
      .nullable()
      .describe("Null until the server is there."),
    username: z.string(),
    database: z.string().describe("The database to connect to; empty where there is none yet."),
    connection: connectionSchema
      .nullable()
      .describe("How to connect, without the password unless the answer has it; null until the server is there."),
    creation_date: dateTime.nullable(),
    arn: z.string(),
    tags: tagsSchema,
  }),
);

export const databaseWithPassword = named(
  "DatabaseWithPassword",
  database.extend({
    password: z
      .string()
      .describe(
        "This once, here and in `connection`, which is null until the server is there: LocalAWS does not keep it.",
      ),
  }),
);

const databaseList = named("DatabaseList", z.strictObject({ db_instances: z.array(database), next_token: nextToken }));

const newDatabase = named(
  "NewDatabase",
  z.strictObject({
    id: z
      .string()
      .min(1)
      .meta({ examples: ["my-database"] }),
    engine: z.string().default("postgres").describe("`postgres`, `mariadb` or `mysql`."),
    engine_version: z.string().optional().describe("The newest, where none is given."),
    class: z.string().default("db.t3.micro"),
    allocated_storage: z.int().min(1).default(20).describe("GiB."),
    username: z.string().optional().describe("`postgres`, or `admin` of the other engines, where none is given."),
    password: z.string().optional().describe("One is made up, where none is given."),
    database: z.string().optional().describe("A database to make at first."),
    tags: tagsSchema.optional(),
  }),
);

const actions = [
  { name: "start", operation: "StartDBInstance", summary: "Start a stopped database" },
  { name: "stop", operation: "StopDBInstance", summary: "Stop a database" },
  { name: "reboot", operation: "RebootDBInstance", summary: "Reboot a database" },
] as const;

const databaseLog = named(
  "DatabaseLog",
  z.strictObject({ log: z.string().describe("The last lines that the server has written.") }),
);

export const databaseRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "POST", path: "/rds/db-instances", tag: "rds", status: 201 },
      summary: "Create a database",
      body: newDatabase,
      reply: databaseWithPassword,
      errors: [400, 404, 409],
    },
    async ({ body, call, app }) => {
      const password = body.password ?? madeUpPassword(app);
      const { DBInstance } = await call("rds", "CreateDBInstance", {
        DBInstanceIdentifier: body.id,
        Engine: body.engine,
        EngineVersion: body.engine_version,
        DBInstanceClass: body.class,
        AllocatedStorage: body.allocated_storage,
        MasterUsername: body.username ?? (dialectOf(body.engine) === "mysql" ? "admin" : "postgres"),
        MasterUserPassword: password,
        DBName: body.database,
        Tags: toTags(body.tags ?? {}),
      });
      return toDatabaseWithPassword(DBInstance ?? {}, password);
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/rds/db-instances", tag: "rds" },
      summary: "List databases with their connection details",
      query: pageQuery(20, 100),
      reply: databaseList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { DBInstances = [], Marker } = await call("rds", "DescribeDBInstances", {
        MaxRecords: query.limit,
        Marker: query.next_token,
      });
      return { db_instances: DBInstances.map((found) => toDatabase(found)), next_token: Marker ?? null };
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/rds/db-instances/{id}", tag: "rds" },
      summary: "Describe a database",
      reply: database,
      errors: [404],
    },
    async ({ params, call }) => toDatabase(await findDatabase(call, params.id)),
  ),
  route(
    {
      ...{ method: "GET", path: "/rds/db-instances/{id}/log", tag: "rds" },
      summary: "Read a database's log",
      reply: databaseLog,
      errors: [404],
    },
    async ({ params, call }) => {
      const DBInstanceIdentifier = params.id;
      const { DescribeDBLogFiles: [file] = [] } = await call("rds", "DescribeDBLogFiles", { DBInstanceIdentifier });
      if (file === undefined) return { log: "" };
      const { LogFileData = "" } = await call("rds", "DownloadDBLogFilePortion", {
        ...{ DBInstanceIdentifier, LogFileName: file.LogFileName, NumberOfLines: 1000 },
      });
      return { log: LogFileData };
    },
  ),
  ...actions.map(({ name, operation, summary }) =>
    route(
      {
        ...{ method: "POST", path: `/rds/db-instances/{id}/${name}`, tag: "rds", summary },
        reply: database,
        errors: [400, 404, 409],
      },
      async ({ params, call }) => {
        const { DBInstance } = await call("rds", operation, { DBInstanceIdentifier: params.id });
        return toDatabase(DBInstance ?? {});
      },
    ),
  ),
  route(
    {
      ...{ method: "DELETE", path: "/rds/db-instances/{id}", tag: "rds" },
      summary: "Delete a database with its data",
      reply: database,
      errors: [404, 409],
    },
    async ({ params, call }) => {
      const { DBInstance } = await call("rds", "DeleteDBInstance", {
        DBInstanceIdentifier: params.id,
        SkipFinalSnapshot: true,
      });
      return toDatabase(DBInstance ?? {});
    },
  ),
];

export function madeUpPassword(app: App): string {
  return app.serviceContext.randomBytes(18).toString("base64url");
}

export async function findDatabase(call: CallOperation, id: string): Promise<DBInstance> {
  const { DBInstances: [found] = [] } = await call("rds", "DescribeDBInstances", { DBInstanceIdentifier: id });
  return found ?? {};
}

export function toDatabaseWithPassword(found: DBInstance, password: string): z.input<typeof databaseWithPassword> {
  return { ...toDatabase(found, password), password };
}

/** The only bridge from the SDK's shape to this API's. */
export function toDatabase(found: DBInstance, password?: string): z.input<typeof database> {
  const { Address, Port } = found.Endpoint ?? {};
  const endpoint = Address === undefined || Port === undefined ? null : { address: Address, port: Port };
  const username = found.MasterUsername ?? "";
  const engine = found.Engine ?? "";
  const name = found.DBName ?? (dialectOf(engine) === "mysql" ? "" : "postgres");
  return {
    id: found.DBInstanceIdentifier ?? "",
    status: found.DBInstanceStatus ?? "",
    engine,
    engine_version: found.EngineVersion ?? "",
    class: found.DBInstanceClass ?? "",
    allocated_storage: found.AllocatedStorage ?? 0,
    cluster: found.DBClusterIdentifier ?? null,
    endpoint,
    username,
    database: name,
    connection: endpoint && connectionTo({ ...endpoint, engine, username, database: name }, password),
    creation_date: isoTime(found.InstanceCreateTime),
    arn: found.DBInstanceArn ?? "",
    tags: fromTags(found.TagList),
  };
}
