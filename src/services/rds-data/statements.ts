import type * as RdsData from "@aws-sdk/client-rds-data";
import type { ExecuteStatementRequest, Field } from "@aws-sdk/client-rds-data";
import type { Operations } from "../../aws/operations.ts";
import type { PostgresConnection, SqlResult } from "../../sql/sql-connection.ts";
import type { Context } from "../service-context.ts";
import { columnMetadata } from "./column-metadata.ts";
import { withTypeNames } from "./column-types.ts";
import { withConnection } from "./connections.ts";
import { badRequest, unsupportedResult } from "./errors.ts";
import { formatRecords } from "./formatted-records.ts";
import { bindParameters } from "./named-parameters.ts";
import { fieldReader } from "./result-fields.ts";

/** Bytes: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html */
const recordsLimit = 1 << 20;
const formattedLimit = 10 << 20;

export const statements = {
  async ExecuteStatement(ctx, input) {
    const statement = bindParameters(requireSql(input.sql), input.parameters ?? []);
    const maxBytes = input.formatRecordsAs === "JSON" ? formattedLimit : recordsLimit;
    return await withConnection(ctx, input, async (connection) => {
      const result = await connection.execute(statement.text, statement.values, { maxBytes });
      return await answer(connection, result, input);
    });
  },

  async BatchExecuteStatement(ctx, { parameterSets = [], ...input }) {
    const sql = requireSql(input.sql);
    // Without a set the statement runs once.
    const sets = parameterSets.length === 0 ? [[]] : parameterSets;
    const bound = sets.map((parameters) => bindParameters(sql, parameters));
    return await withConnection(ctx, input, async (connection) => {
      // All sets or none, as AWS's driver sends them.
      const isAlone = input.transactionId === undefined && bound.length > 1;
      if (isAlone) await connection.query("BEGIN", { maxRows: 0 });
      for (const { text, values } of bound) await connection.execute(text, values, { maxBytes: 0 });
      if (isAlone) await connection.query("COMMIT", { maxRows: 0 });
      return { updateResults: parameterSets.map(() => ({ generatedFields: [] })) };
    });
  },
} satisfies Operations<typeof RdsData, Context>;

function requireSql(sql: string | undefined): string {
  if (!sql?.trim()) throw badRequest("The SQL statement is empty.");
  return sql;
}

async function answer(
  connection: PostgresConnection,
  { rows, rowCount, columns: found }: SqlResult,
  { includeResultMetadata, resultSetOptions, formatRecordsAs }: ExecuteStatementRequest,
) {
  if (found.length === 0) return { numberOfRecordsUpdated: rowCount, generatedFields: [] };
  if (rows.length < rowCount) throw unsupportedResult("Database returned more than the allowed response size limit");
  const columns = await withTypeNames(connection, found);
  const readers = columns.map(({ type }) => fieldReader(type, resultSetOptions));
  const records = rows.map((row) => row.map((value, index): Field => readers[index]?.(value) ?? { isNull: true }));
  if (formatRecordsAs === "JSON") {
    return { numberOfRecordsUpdated: 0, formattedRecords: formatRecords(columns, records) };
  }
  return {
    numberOfRecordsUpdated: 0,
    records,
    ...(includeResultMetadata === true && { columnMetadata: await columnMetadata(connection, columns) }),
  };
}
