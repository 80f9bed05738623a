import type { ConnectSql } from "./sql-connection.ts";

/** Each client library is loaded when a server of its kind is first asked for. */
export const connectSql: ConnectSql = async (server, options) => {
  if (server.dialect === "postgres") {
    const { connectPostgres } = await import("./postgres-connection.ts");
    return connectPostgres(server, options);
  }
  const { connectMysql } = await import("./mysql-connection.ts");
  return connectMysql(server, options);
};
