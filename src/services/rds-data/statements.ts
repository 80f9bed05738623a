import type * as RdsData from "@aws-sdk/client-rds-data";
import type { ExecuteStatementRequest, Field, UpdateResult } from "@aws-sdk/client-rds-data";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withSession } from "./connections.ts";
import { badRequest, unsupportedResult } from "./errors.ts";
import { formatRecords } from "./formatted-records.ts";
import type { SessionResult } from "./sql-session.ts";

/** Bytes: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html */
const recordsLimit = 1 << 20;
const formattedLimit = 10 << 20;

export const statements = {
  async ExecuteStatement(ctx, input) {
    const sql = requireSql(input.sql);
    const maxBytes = input.formatRecordsAs === "JSON" ? formattedLimit : recordsLimit;
    return await withSession(ctx, input, async (session) => {
      const statement = session.bind(sql, input.parameters ?? []);
      return await answer(await session.execute(statement, { maxBytes }), input);
    });
  },

  async BatchExecuteStatement(ctx, { parameterSets = [], ...input }) {
    const sql = requireSql(input.sql);
    // Without a set the statement runs once.
    const sets = parameterSets.length === 0 ? [[]] : parameterSets;
    return await withSession(ctx, input, async (session) => {
      const bound = sets.map((parameters) => session.bind(sql, parameters));
      // All sets or none, as AWS's driver sends them.
      const isAlone = input.transactionId === undefined && bound.length > 1;
      if (isAlone) await session.begin();
      const updateResults: UpdateResult[] = [];
      for (const statement of bound) {
        const { generatedFields } = await session.execute(statement, { maxBytes: 0 });
        updateResults.push({ generatedFields });
      }
      if (isAlone) await session.end("COMMIT");
      return { updateResults: updateResults.slice(0, parameterSets.length) };
    });
  },
} satisfies Operations<typeof RdsData, Context>;

function requireSql(sql: string | undefined): string {
  if (!sql?.trim()) throw badRequest("The SQL statement is empty.");
  return sql;
}

async function answer(
  { rows, rowCount, columns, generatedFields, readers: readersFor, metadata }: SessionResult,
  { includeResultMetadata, resultSetOptions, formatRecordsAs }: ExecuteStatementRequest,
) {
  if (columns.length === 0) return { numberOfRecordsUpdated: rowCount, generatedFields };
  if (rows.length < rowCount) throw unsupportedResult("Database returned more than the allowed response size limit");
  const readers = readersFor(resultSetOptions);
  const records = rows.map((row) => row.map((value, index): Field => readers[index]?.(value) ?? { isNull: true }));
  if (formatRecordsAs === "JSON") {
    return { numberOfRecordsUpdated: 0, formattedRecords: formatRecords(columns, records) };
  }
  return {
    numberOfRecordsUpdated: 0,
    records,
    ...(includeResultMetadata === true && { columnMetadata: await metadata() }),
  };
}
