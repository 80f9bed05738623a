import type { MysqlConnection } from "../../sql/sql-connection.ts";
import { mysqlColumnMetadata, mysqlFieldReader } from "./mysql-columns.ts";
import { bindMysqlParameters } from "./mysql-parameters.ts";
import { exactInteger } from "./result-fields.ts";
import type { SqlSession } from "./sql-session.ts";

/** `callMilliseconds`: after which a statement is given up. */
export async function mysqlSession(connection: MysqlConnection, callMilliseconds: number): Promise<SqlSession> {
  const say = async (text: string) => {
    await connection.query(text, { maxRows: 0 });
  };
  await say("SET SESSION time_zone = '+00:00'");
  let timeoutMs: number | undefined = callMilliseconds;
  return {
    bind: bindMysqlParameters,
    async execute({ text }, { maxBytes }) {
      const result = await connection.execute(text, { maxBytes, timeoutMs });
      return {
        ...{ ...result, generatedFields: result.generatedIds.map((id) => ({ longValue: exactInteger(id) })) },
        readers: (options) => result.columns.map((column) => mysqlFieldReader(column, options)),
        metadata: async () => result.columns.map(mysqlColumnMetadata),
      };
    },
    begin: () => say("BEGIN"),
    end: (command) => say(command),
    async limit(isLimited) {
      timeoutMs = isLimited ? callMilliseconds : undefined;
    },
    close: () => connection.close(),
  };
}
