import { connectMysql, mysqlSpec } from "./mysql-support.ts";
import { openRuntimeIn } from "./runtimes.ts";

/** A LocalAWS to be killed: runs MariaDB in the data folder it is given, and says the number of each row that is committed. */
const [dataDir = ""] = process.argv.slice(2);
const { databases } = await openRuntimeIn("embedded", dataDir);
const spec = await mysqlSpec(databases, "mariadb", { id: "db-KILLED" });
await databases.create(spec, () => {});
const connection = await connectMysql(spec);
await connection.query("create table kept (n int primary key)");
console.log(spec.port);
for (let n = 1; ; n++) {
  await connection.query("insert into kept values (?)", [n]);
  console.log(n);
}
