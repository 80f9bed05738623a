/** Which server speaks which protocol. */
export type SqlDialect = "postgres" | "mysql";

/** A database server and who wants to use it. */
export interface SqlServer {
  readonly dialect: SqlDialect;
  /** An absolute path is that of a Unix socket; of PostgreSQL, of the folder that it is in. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Without one, the server's own default. */
  readonly database?: string;
}

export interface SqlColumn {
  readonly name: string;
  /** The server's name of the type, in lower case: `int4`, `varchar`; `oid 16385` for PostgreSQL types that a database made. */
  readonly type: string;
  /** Of PostgreSQL. */
  readonly origin?: ColumnOrigin;
}

/** Where a column comes from, by the numbers of PostgreSQL's catalogue (https://www.postgresql.org/docs/17/catalog-pg-attribute.html). */
export interface ColumnOrigin {
  readonly typeOid: number;
  /** `atttypmod`: -1 where the type has none. */
  readonly typeModifier: number;
  /** 0 for an expression, as the column's number is. */
  readonly tableOid: number;
  readonly columnNumber: number;
}

/** What one statement came to. */
export interface SqlResult {
  /** What the server calls it: `SELECT`; empty where it says nothing. */
  readonly command: string;
  /** None for a statement that gives no rows. */
  readonly columns: readonly SqlColumn[];
  /** As the server writes the values in text. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Of all rows that it gave or changed, those beyond `maxRows` too. */
  readonly rowCount: number;
}

export interface QueryOptions {
  /** Rows beyond are counted and dropped. */
  readonly maxRows: number;
}

export interface BatchOptions {
  /** How many rows a batch has at most. */
  readonly rows: number;
}

export interface SqlConnection {
  /** Runs statements separated by semicolons, one result each. @throws SqlError */
  query(text: string, options: QueryOptions): Promise<SqlResult[]>;
  /**
   * The rows of one query, some at a time and never all at once: the next ones are asked for when these are done with. Nothing
   * else runs on the connection meanwhile. @throws SqlError
   */
  batches(text: string, options: BatchOptions): AsyncIterable<SqlResult["rows"]>;
  close(): Promise<void>;
}

/** A connection to PostgreSQL. */
export interface PostgresConnection extends SqlConnection {
  /**
   * Runs one statement with values for `$1` and so on, as text. Rows beyond `maxBytes` of text are counted and dropped.
   * @throws SqlError, also where there is more than one statement
   */
  execute(text: string, values: readonly (string | null)[], options: { readonly maxBytes: number }): Promise<SqlResult>;
}

/** Of MariaDB or MySQL: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html */
export interface MysqlColumn extends SqlColumn {
  /** Empty for an expression, as the column's original name is. */
  readonly table: string;
  readonly originalName: string;
  /** Bytes, at the most. */
  readonly length: number;
  readonly decimals: number;
  /** Bits: https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html */
  readonly flags: number;
  /** Whether its values are no text. */
  readonly isBytes: boolean;
}

export interface MysqlResult extends SqlResult {
  readonly columns: readonly MysqlColumn[];
  /** Those that the server has numbered rows with. */
  readonly generatedIds: readonly string[];
}

/** A connection to MariaDB or MySQL. */
export interface MysqlConnection extends SqlConnection {
  /**
   * Runs one statement. Values that are bytes are written as `\x` and hexadecimal digits. Rows beyond `maxBytes` of text are counted
   * and dropped. @throws SqlError
   */
  execute(
    text: string,
    options: { readonly maxBytes: number /** None: it may take any time. */; readonly timeoutMs?: number | undefined },
  ): Promise<MysqlResult>;
}

export interface ConnectOptions {
  /** After so many milliseconds a connection attempt, and each statement, is given up. */
  readonly timeoutMs: number;
  /** Of MariaDB and MySQL: a text with several statements is refused by the server. */
  readonly oneStatement?: boolean;
}

/** @throws SqlError where there is no connection to be had */
export interface ConnectSql {
  (server: SqlServer & { readonly dialect: "postgres" }, options: ConnectOptions): Promise<PostgresConnection>;
  (server: SqlServer & { readonly dialect: "mysql" }, options: ConnectOptions): Promise<MysqlConnection>;
  (server: SqlServer, options: ConnectOptions): Promise<SqlConnection>;
}

/** What the server, or the way to it, has against a statement; the message is the server's own. */
export class SqlError extends Error {
  /** PostgreSQL's SQLSTATE (`42P01`), MySQL's symbol (`ER_PARSE_ERROR`) or the system's (`ECONNREFUSED`). */
  readonly code: string;
  /** MySQL's number of it. */
  readonly number: number | undefined;
  /** Where in the text, counted from 1. */
  readonly position: number | undefined;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  /** PostgreSQL's: `ERROR`, `FATAL`; none where the server did not say it. */
  readonly severity: string | undefined;

  constructor(
    code: string,
    message: string,
    about: {
      number?: number;
      position?: number;
      hint?: string;
      detail?: string;
      severity?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: about.cause });
    this.name = "SqlError";
    this.code = code;
    this.number = about.number;
    this.position = about.position;
    this.hint = about.hint;
    this.detail = about.detail;
    this.severity = about.severity;
  }
}
