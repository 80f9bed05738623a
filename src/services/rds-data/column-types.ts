import type { PostgresConnection, SqlColumn } from "../../sql/sql-connection.ts";

/** Columns of types that the database's own catalogue alone knows (arrays, what an extension or a user has made) by their names. */
export async function withTypeNames(
  connection: PostgresConnection,
  columns: readonly SqlColumn[],
): Promise<readonly SqlColumn[]> {
  const unknown = columns.flatMap(({ type, origin }) => (type.startsWith("oid ") && origin ? [origin.typeOid] : []));
  if (unknown.length === 0) return columns;
  const sql = `SELECT oid, typname FROM pg_catalog.pg_type WHERE oid IN (${unknown.join()})`;
  const [result] = await connection.query(sql, { maxRows: unknown.length });
  const names = new Map(result?.rows.map(([oid, name]) => [Number(oid), name]));
  return columns.map((column) => ({ ...column, type: names.get(column.origin?.typeOid ?? 0) ?? column.type }));
}
