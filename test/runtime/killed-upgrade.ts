import { databaseSpec, query } from "./database-support.ts";
import { openRuntimeIn, type RuntimeUnderTest } from "./runtimes.ts";

// Upgrades a server, until it is killed: the runtime's kind, its data folder and the version to begin with are its arguments.

const [kind = "", dataDir = "", engineVersion = ""] = process.argv.slice(2);
const { databases } = await openRuntimeIn(kind as RuntimeUnderTest["kind"], dataDir);
const spec = await databaseSpec(databases, { id: "db-KILLED", engineVersion, archived: true });
await databases.create(spec, () => {});
await query(spec, "create table kept as select generate_series(1, 1000) as n");
console.log(spec.port);
await databases.change(spec.id, { engineVersion: databases.versions("postgres")[0] ?? "" });
console.log("upgraded");
