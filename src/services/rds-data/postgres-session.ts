import { type PostgresConnection, SqlError } from "../../sql/sql-connection.ts";
import { columnMetadata } from "./column-metadata.ts";
import { withTypeNames } from "./column-types.ts";
import { bindParameters } from "./named-parameters.ts";
import { fieldReader } from "./result-fields.ts";
import type { SqlSession } from "./sql-session.ts";

/** How values are written in text, whatever the server or the user has by default. */
const settings = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1";

/** `callMilliseconds`: after which a statement is given up. */
export async function postgresSession(connection: PostgresConnection, callMilliseconds: number): Promise<SqlSession> {
  const say = (text: string) => connection.query(text, { maxRows: 0 });
  await say(settings);
  return {
    bind: bindParameters,
    async execute({ text, values }, options) {
      const result = await connection.execute(text, values, options);
      const columns = await withTypeNames(connection, result.columns);
      return {
        ...{ ...result, columns, generatedFields: [] },
        readers: (of) => columns.map(({ type }) => fieldReader(type, of)),
        metadata: () => columnMetadata(connection, columns),
      };
    },
    async begin() {
      await say("BEGIN");
    },
    async end(command) {
      const [result] = await say(command);
      // PostgreSQL answers so where a statement of the transaction has failed.
      if (result?.command !== command) {
        throw new SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block");
      }
    },
    async limit(isLimited) {
      await say(`SET statement_timeout = ${isLimited ? callMilliseconds : 0}`);
    },
    close: () => connection.close(),
  };
}
