import type { ColumnMetadata, ResultSetOptions } from "@aws-sdk/client-rds-data";
import type { MysqlColumn } from "../../sql/sql-connection.ts";
import { fieldReader, type ReadField } from "./result-fields.ts";

/** Bits of a column's flags. */
const flag = {
  notNull: 1,
  unsigned: 1 << 5,
  binary: 1 << 7,
  enum: 1 << 8,
  autoIncrement: 1 << 9,
  set: 1 << 11,
} as const;

interface TypeFacts {
  /** https://docs.oracle.com/en/java/javase/21/docs/api/constant-values.html#java.sql.Types.ARRAY */
  readonly type: number;
  readonly typeName: string;
  /** None: as the column says. */
  readonly precision?: number;
  /** The type of PostgreSQL's whose values are read alike. */
  readonly readAs: string;
}

/** By the names of the protocol's types. What is said of a column is what a driver for Java says. */
const facts: Readonly<Record<string, TypeFacts>> = {
  tiny: { type: -6, typeName: "TINYINT", precision: 3, readAs: "int8" },
  short: { type: 5, typeName: "SMALLINT", precision: 5, readAs: "int8" },
  int24: { type: 4, typeName: "MEDIUMINT", precision: 7, readAs: "int8" },
  long: { type: 4, typeName: "INT", precision: 10, readAs: "int8" },
  longlong: { type: -5, typeName: "BIGINT", precision: 19, readAs: "int8" },
  year: { type: 91, typeName: "YEAR", precision: 4, readAs: "int8" },
  float: { type: 7, typeName: "FLOAT", precision: 12, readAs: "float8" },
  double: { type: 8, typeName: "DOUBLE", precision: 22, readAs: "float8" },
  newdecimal: { type: 3, typeName: "DECIMAL", readAs: "numeric" },
  bit: { type: -7, typeName: "BIT", readAs: "bytea" },
  date: { type: 91, typeName: "DATE", precision: 10, readAs: "date" },
  time: { type: 92, typeName: "TIME", readAs: "time" },
  datetime: { type: 93, typeName: "DATETIME", readAs: "timestamp" },
  timestamp: { type: 93, typeName: "TIMESTAMP", readAs: "timestamp" },
  json: { type: -1, typeName: "JSON", readAs: "json" },
  geometry: { type: -2, typeName: "GEOMETRY", readAs: "geometry" },
  var_string: { type: 12, typeName: "VARCHAR", readAs: "varchar" },
  string: { type: 1, typeName: "CHAR", readAs: "bpchar" },
  blob: { type: -1, typeName: "TEXT", readAs: "text" },
};

const ofBytes: Readonly<Record<string, Pick<TypeFacts, "type" | "typeName">>> = {
  var_string: { type: -3, typeName: "VARBINARY" },
  string: { type: -2, typeName: "BINARY" },
  blob: { type: -4, typeName: "BLOB" },
};

function factsOf(column: MysqlColumn): TypeFacts {
  const type = column.type.replace(/^(?:tiny|medium|long)_blob$/, "blob");
  const known = facts[type] ?? { type: 12, typeName: column.type.toUpperCase(), readAs: "text" };
  return column.isBytes ? { ...known, readAs: "bytea", ...ofBytes[type] } : known;
}

/** `TINYINT(1)`, which BOOLEAN is a name of, and a BIT alone. */
function isBoolean({ type, length }: MysqlColumn): boolean {
  return (type === "tiny" || type === "bit") && length === 1;
}

/** @throws AwsError UnsupportedResultException */
export function mysqlFieldReader(column: MysqlColumn, options: ResultSetOptions | undefined): ReadField {
  if (isBoolean(column)) {
    return (text) => (text === null ? { isNull: true } : { booleanValue: !["0", "\\x00"].includes(text) });
  }
  return fieldReader(column.type === "geometry" ? column.type : factsOf(column).readAs, options);
}

/** Whether a column may be null: 0 no, 1 yes. */
export function mysqlColumnMetadata(column: MysqlColumn): ColumnMetadata {
  const { name: label, originalName, table, flags, decimals } = column;
  const known = factsOf(column);
  const isNumber = ["int8", "float8", "numeric"].includes(known.readAs);
  const isUnsigned = isNumber && (flags & flag.unsigned) !== 0;
  return {
    ...{ arrayBaseColumnType: 0, isAutoIncrement: (flags & flag.autoIncrement) !== 0, isCurrency: false },
    ...{ isCaseSensitive: !isNumber && (flags & flag.binary) !== 0, isSigned: isNumber && !isUnsigned },
    ...{ label, name: originalName || label, nullable: (flags & flag.notNull) === 0 ? 1 : 0 },
    ...{ precision: known.precision ?? precisionOf(column), scale: decimals === noDecimals ? 0 : decimals },
    ...{ schemaName: "", tableName: table },
    ...{
      type: isBoolean(column) ? -7 : known.type,
      typeName: `${nameOf(known, flags)}${isUnsigned ? " UNSIGNED" : ""}`,
    },
  };
}

/** Of what has none in its type: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html */
const noDecimals = 0x1f;

function nameOf({ typeName }: TypeFacts, flags: number): string {
  if ((flags & flag.enum) !== 0) return "ENUM";
  return (flags & flag.set) !== 0 ? "SET" : typeName;
}

/** Digits of a number, characters of text (up to four bytes each), bytes of the others. */
function precisionOf(column: MysqlColumn): number {
  const { type, length, decimals, flags } = column;
  if (type === "newdecimal") return length - (decimals > 0 ? 1 : 0) - ((flags & flag.unsigned) === 0 ? 1 : 0);
  return column.isBytes || /^(?:time|date)/.test(type) ? length : Math.floor(length / 4);
}
