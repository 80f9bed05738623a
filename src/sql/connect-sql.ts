import type {
  ConnectOptions,
  MysqlConnection,
  PostgresConnection,
  SqlConnection,
  SqlServer,
} from "./sql-connection.ts";

/** Each client library is loaded when a server of its kind is first asked for. */
export async function connectSql(
  server: SqlServer & { readonly dialect: "postgres" },
  options: ConnectOptions,
): Promise<PostgresConnection>;
export async function connectSql(
  server: SqlServer & { readonly dialect: "mysql" },
  options: ConnectOptions,
): Promise<MysqlConnection>;
export async function connectSql(server: SqlServer, options: ConnectOptions): Promise<SqlConnection>;
export async function connectSql(server: SqlServer, options: ConnectOptions): Promise<SqlConnection> {
  if (server.dialect === "postgres") {
    const { connectPostgres } = await import("./postgres-connection.ts");
    return connectPostgres(server, options);
  }
  const { connectMysql } = await import("./mysql-connection.ts");
  return connectMysql(server, options);
}
