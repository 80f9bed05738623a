import { z } from "zod";
import { connectionSchema } from "./database-connection.ts";
import { databaseWithPassword, findDatabase, madeUpPassword, toDatabase, toDatabaseWithPassword } from "./databases.ts";
import { refusal } from "./problem.ts";
import { type Route, route } from "./route.ts";
import { named } from "./schemas.ts";

const knownPassword = named("KnownDatabasePassword", z.strictObject({ password: z.string().min(1) }));

const newPassword = named(
  "NewDatabasePassword",
  z.strictObject({ password: z.string().optional().describe("One is made up, where none is given.") }),
);

export const databasePasswordRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "POST", path: "/rds/db-instances/{id}/connection", tag: "rds" },
      summary: "Tell how to connect to a database, with a password",
      description: "The password is encoded, quoted and put where it belongs. It is neither tried nor kept.",
      body: knownPassword,
      reply: connectionSchema,
      errors: [404, 409],
    },
    async ({ params, body, call }) => {
      const { status, connection } = toDatabase(await findDatabase(call, params.id), body.password);
      if (connection !== null) return connection;
      throw refusal(409, "InvalidDBInstanceState", `The database ${params.id} has no endpoint yet: it is ${status}.`);
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/rds/db-instances/{id}/password", tag: "rds" },
      summary: "Set a new password of the master user",
      description:
        "That of a cluster's member is its cluster's. The password is in force when the database is `available` again.",
      body: newPassword,
      reply: databaseWithPassword,
      errors: [400, 404, 409],
    },
    async ({ params, body, call, app }) => {
      const password = body.password ?? madeUpPassword(app);
      const change = { MasterUserPassword: password };
      const { DBClusterIdentifier } = await findDatabase(call, params.id);
      if (DBClusterIdentifier === undefined) {
        await call("rds", "ModifyDBInstance", { DBInstanceIdentifier: params.id, ...change });
      } else await call("rds", "ModifyDBCluster", { DBClusterIdentifier, ...change });
      return toDatabaseWithPassword(await findDatabase(call, params.id), password);
    },
  ),
];
