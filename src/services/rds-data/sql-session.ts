import type { ColumnMetadata, Field, ResultSetOptions, SqlParameter } from "@aws-sdk/client-rds-data";
import type { SqlResult } from "../../sql/sql-connection.ts";
import type { ReadField } from "./result-fields.ts";

/** A statement with its parameters in their places. */
export interface Statement {
  readonly text: string;
  /** For `$1` and so on, where the server takes them apart from the text. */
  readonly values: readonly (string | null)[];
}

export interface SessionResult extends SqlResult {
  /** Of the rows that were inserted. */
  readonly generatedFields: Field[];
  /** How each column's values are read. @throws AwsError UnsupportedResultException */
  readers(options: ResultSetOptions | undefined): ReadField[];
  metadata(): Promise<ColumnMetadata[]>;
}

/** A user's session with the server of a cluster; what a server refuses is a SqlError. */
export interface SqlSession {
  /** @throws AwsError BadRequestException */
  bind(sql: string, parameters: readonly SqlParameter[]): Statement;
  /** Rows beyond so many bytes are counted and dropped. */
  execute(statement: Statement, options: { readonly maxBytes: number }): Promise<SessionResult>;
  begin(): Promise<void>;
  /** @throws SqlError where nothing could be committed */
  end(command: "COMMIT" | "ROLLBACK"): Promise<void>;
  /** Whether statements are given up when a call has taken too long. */
  limit(isLimited: boolean): Promise<void>;
  close(): Promise<void>;
}
