import type { ColumnMetadata } from "@aws-sdk/client-rds-data";
import type { ColumnOrigin, PostgresConnection, SqlColumn } from "../../sql/sql-connection.ts";

/** What is said of a column is what PostgreSQL's driver for Java says, which the Data API uses: numbers of `java.sql.Types`. */
interface TypeFacts {
  readonly type: number;
  readonly precision: number;
  readonly scale?: number;
  readonly isSigned?: true;
}

const other = 1111;
const array = 2003;
const unlimited = 2_147_483_647;

/** https://docs.oracle.com/en/java/javase/21/docs/api/constant-values.html#java.sql.Types.ARRAY */
const facts: Readonly<Record<string, TypeFacts>> = {
  bool: { type: -7, precision: 1 },
  bit: { type: -7, precision: 1 },
  int2: { type: 5, precision: 5, isSigned: true },
  int4: { type: 4, precision: 10, isSigned: true },
  int8: { type: -5, precision: 19, isSigned: true },
  oid: { type: -5, precision: 10 },
  float4: { type: 7, precision: 8, scale: 8, isSigned: true },
  float8: { type: 8, precision: 17, scale: 17, isSigned: true },
  numeric: { type: 2, precision: 0, isSigned: true },
  money: { type: 8, precision: unlimited, isSigned: true },
  bpchar: { type: 1, precision: unlimited },
  varchar: { type: 12, precision: unlimited },
  text: { type: 12, precision: unlimited },
  name: { type: 12, precision: unlimited },
  bytea: { type: -2, precision: unlimited },
  date: { type: 91, precision: 13 },
  time: { type: 92, precision: 15, scale: 6 },
  timetz: { type: 92, precision: 21, scale: 6 },
  timestamp: { type: 93, precision: 29, scale: 6 },
  timestamptz: { type: 93, precision: 35, scale: 6 },
  xml: { type: 2009, precision: unlimited },
};

/** Of a column of a table. */
interface TableColumn {
  readonly table: string;
  readonly name: string;
  readonly notNull: boolean;
  readonly isAutoIncrement: boolean;
}

/** Whether a column may be null is not known of an expression: 0 no, 1 yes, 2 unknown. */
export async function columnMetadata(
  connection: PostgresConnection,
  columns: readonly SqlColumn[],
): Promise<ColumnMetadata[]> {
  const tableColumns = await findTableColumns(connection, columns);
  return columns.map(({ name: label, type, origin }) => {
    const of = origin && tableColumns.get(keyOf(origin));
    const isArray = type.startsWith("_");
    const known: TypeFacts = isArray
      ? { type: array, precision: unlimited }
      : (facts[type] ?? { type: other, precision: unlimited });
    return {
      arrayBaseColumnType: isArray ? (facts[type.slice(1)]?.type ?? other) : 0,
      isAutoIncrement: of?.isAutoIncrement ?? false,
      isCaseSensitive: known.type === 12 || known.type === 1 || known.type === other,
      isCurrency: type === "money",
      isSigned: known.isSigned ?? false,
      label,
      name: of?.name ?? label,
      nullable: of === undefined ? 2 : of.notNull ? 0 : 1,
      ...sizeOf(type, known, origin?.typeModifier ?? -1),
      schemaName: "",
      tableName: of?.table ?? "",
      type: known.type,
      typeName: type,
    };
  });
}

/** `typeModifier`: of `numeric(12,2)` both numbers, of `varchar(20)` the length, each with the 4 bytes of a header. */
function sizeOf(type: string, { precision, scale = 0 }: TypeFacts, typeModifier: number) {
  if (typeModifier < 0) return { precision, scale };
  if (type === "numeric") return { precision: (typeModifier - 4) >> 16, scale: (typeModifier - 4) & 0xffff };
  if (type === "varchar" || type === "bpchar") return { precision: typeModifier - 4, scale };
  return type.startsWith("time") ? { precision, scale: typeModifier } : { precision, scale };
}

async function findTableColumns(
  connection: PostgresConnection,
  columns: readonly SqlColumn[],
): Promise<Map<string, TableColumn>> {
  const oids = [...new Set(columns.flatMap(({ origin }) => (origin?.tableOid ? [origin.tableOid] : [])))];
  if (oids.length === 0) return new Map();
  const sql = `SELECT a.attrelid, a.attnum, c.relname, a.attname, a.attnotnull,
      a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid IN (${oids.join()}) AND a.attnum > 0 AND NOT a.attisdropped`;
  const [result] = await connection.query(sql, { maxRows: Number.POSITIVE_INFINITY });
  const found = new Map<string, TableColumn>();
  for (const [tableOid, columnNumber, table, name, notNull, automatic] of result?.rows ?? []) {
    const column = {
      table: table ?? "",
      name: name ?? "",
      notNull: notNull === "t",
      isAutoIncrement: automatic === "t",
    };
    found.set(`${tableOid}.${columnNumber}`, column);
  }
  return found;
}

function keyOf({ tableOid, columnNumber }: ColumnOrigin): string {
  return `${tableOid}.${columnNumber}`;
}
