import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import { SqlError, type SqlResult } from "../../sql/sql-connection.ts";
import { dialectOf } from "./database-connection.ts";
import { refusal } from "./problem.ts";
import { route } from "./route.ts";
import { named } from "./schemas.ts";

const timeoutMs = 30_000;

const newQuery = named(
  "NewDatabaseQuery",
  z.strictObject({
    sql: z.string().min(1).describe("Statements, separated by semicolons."),
    password: z.string().describe("LocalAWS keeps no passwords."),
    username: z.string().optional().describe("The master user, where none is given."),
    database: z.string().optional().describe("The instance's own, where none is given."),
    max_rows: z.int().min(1).max(10_000).default(1000).describe("Of each result; what is beyond is counted."),
  }),
);

const queryResult = named(
  "DatabaseQueryResult",
  z.strictObject({
    command: z.string().describe("What the server calls the statement: `SELECT`; MySQL says nothing."),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(z.string().nullable())).describe("Values as the server writes them in text."),
    row_count: z.int().describe("Of all rows that it gave or changed."),
    truncated: z.boolean().describe("Whether there are more rows than are listed."),
  }),
);

const queryReply = named(
  "DatabaseQueryReply",
  z.strictObject({ results: z.array(queryResult).describe("One for each statement."), ms: z.int() }),
);

export const databaseQueryRoute = route(
  {
    ...{ method: "POST", path: "/rds/db-instances/{id}/query", tag: "rds" },
    summary: "Run SQL in a database",
    description:
      "As the master user, or another, whose password the request brings. Each statement has 30 seconds. What the server refuses is a problem whose `code` is its own: PostgreSQL's SQLSTATE, MySQL's symbol.",
    body: newQuery,
    reply: queryReply,
    errors: [400, 404, 409],
  },
  async ({ params, body, call, app }) => {
    const { DBInstances: [found] = [] } = await call("rds", "DescribeDBInstances", {
      DBInstanceIdentifier: params.id,
    });
    const { Address, Port } = found?.Endpoint ?? {};
    if (Address === undefined || Port === undefined || found?.DBInstanceStatus !== "available") {
      const state = found?.DBInstanceStatus ?? "gone";
      throw refusal(409, "InvalidDBInstanceState", `The database ${params.id} takes no connections: it is ${state}.`);
    }
    const database = body.database ?? found.DBName;
    const started = performance.now();
    try {
      const connection = await app.serviceContext.connectSql(
        {
          dialect: dialectOf(found.Engine ?? ""),
          host: Address,
          port: Port,
          username: body.username ?? found.MasterUsername ?? "",
          password: body.password,
          ...(database !== undefined && { database }),
        },
        { timeoutMs },
      );
      try {
        const results = await connection.query(body.sql, { maxRows: body.max_rows });
        return { results: results.map(toResult), ms: Math.round(performance.now() - started) };
      } finally {
        await connection.close();
      }
    } catch (error) {
      throw error instanceof SqlError ? toProblem(error) : error;
    }
  },
);

function toResult({ command, columns, rows, rowCount }: SqlResult): z.input<typeof queryResult> {
  return {
    command,
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: rows.map((row) => [...row]),
    row_count: rowCount,
    truncated: columns.length > 0 && rowCount > rows.length,
  };
}

function toProblem({ code, message, position, hint }: SqlError): AwsError {
  return new AwsError(code, message, 400, { members: { position, hint } });
}
