import { maxPrecision, type ParquetType, type ParquetValue } from "../../parquet/parquet-file.ts";

/** What a column of a database's becomes in Parquet, and how its values, which servers write as text, do. */
export interface ExportType {
  readonly parquet: ParquetType;
  readonly toValue: (text: string) => ParquetValue;
}

const asString: ExportType = { parquet: "string", toValue: (text) => text };
const asInt32: ExportType = { parquet: "int32", toValue: Number };
const asInt64: ExportType = { parquet: "int64", toValue: BigInt };
const asDouble: ExportType = { parquet: "double", toValue: Number };

/** Digits of bytes, as `\xdeadbeef` or without the first two. */
const asBinary: ExportType = { parquet: "binary", toValue: (text) => Buffer.from(text.replace(/^\\x/, ""), "hex") };

const postgresTypes: Readonly<Record<string, ExportType>> = {
  ...{ int2: asInt32, int4: asInt32, int8: asInt64, float8: asDouble, bytea: asBinary },
  float4: { parquet: "float", toValue: Number },
  bool: { parquet: "boolean", toValue: (text) => text === "t" },
};

/**
 * `typname` of pg_type; numbers of any precision, times, arrays and all others are strings:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.data-types.html
 */
export function postgresExportType(typeName: string): ExportType {
  return postgresTypes[typeName] ?? asString;
}

const asTimestamp: ExportType = { parquet: "timestamp", toValue: microseconds };

const mysqlTypes: Readonly<Record<string, ExportType>> = {
  ...{ tinyint: asInt32, smallint: asInt32, mediumint: asInt32, int: asInt32, bigint: asInt64, year: asInt32 },
  ...{ float: asDouble, double: asDouble, datetime: asTimestamp, timestamp: asTimestamp },
};

export interface MysqlColumnFacts {
  /** `DATA_TYPE` of information_schema: `int`. */
  readonly dataType: string;
  /** `COLUMN_TYPE`: `int(10) unsigned`. */
  readonly columnType: string;
  readonly precision: number;
  readonly scale: number;
}

/** The same for MariaDB and MySQL. */
export function mysqlExportType({ dataType, columnType, precision, scale }: MysqlColumnFacts): ExportType {
  const isUnsigned = columnType.includes("unsigned");
  if (dataType === "decimal") return precision > maxPrecision ? asString : asDecimal(precision, scale);
  if (dataType === "bigint" && isUnsigned) return asDecimal(20, 0);
  if ((dataType === "int" || dataType === "mediumint") && isUnsigned) return asInt64;
  if (isMysqlBinary(dataType)) return asBinary;
  return mysqlTypes[dataType] ?? asString;
}

/** Types whose values are no text: they are asked for as digits. */
export function isMysqlBinary(dataType: string): boolean {
  return /^(?:bit|(?:var)?binary|\w*blob|geometry|point|linestring|polygon|multi\w+|geom\w*collection)$/.test(dataType);
}

function asDecimal(precision: number, scale: number): ExportType {
  return { parquet: { precision, scale }, toValue: (text) => BigInt(text.replace(".", "")) };
}

/** `2024-05-01 12:30:00.5` as of UTC; MySQL's zero dates are none. */
function microseconds(text: string): bigint | null {
  const [, date, time, fraction = ""] = /^(\S+) (\d+:\d+:\d+)\.?(\d*)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${date}T${time}Z`);
  return Number.isNaN(milliseconds) ? null : BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

/** As `export_tables_info_….json` calls it. */
export function exportedTypeName({ parquet }: ExportType): string {
  if (typeof parquet !== "string") return `decimal(${parquet.precision},${parquet.scale})`;
  return parquet;
}
