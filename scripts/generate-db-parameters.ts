import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CreateDBInstanceCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  waitUntilDBInstanceAvailable,
} from "@aws-sdk/client-rds";
import pg from "pg";
import { createServer } from "../src/index.ts";

/** Writes src/services/rds/postgres-parameters.json from what a PostgreSQL server says of its settings. */
const file = fileURLToPath(new URL("../src/services/rds/postgres-parameters.json", import.meta.url));
const dataDir = await mkdtemp(join(tmpdir(), "localaws-parameters-"));
const localaws = await createServer({ listen: "127.0.0.1:0", runtime: "embedded", dataDir });
try {
  const rds = new RDSClient({
    ...{ endpoint: localaws.endpoint, region: "us-east-1" },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const DBInstanceIdentifier = "parameters";
  await rds.send(
    new CreateDBInstanceCommand({
      ...{ DBInstanceIdentifier, Engine: "postgres", DBInstanceClass: "db.t3.micro", AllocatedStorage: 20 },
      ...{ MasterUsername: "reader", MasterUserPassword: "parameters" },
    }),
  );
  await waitUntilDBInstanceAvailable(
    { client: rds, minDelay: 1, maxDelay: 1, maxWaitTime: 60 },
    { DBInstanceIdentifier },
  );
  const { DBInstances: [found] = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
  const client = new pg.Client({
    ...{ host: "localhost", port: found?.Endpoint?.Port ?? 0, database: "postgres" },
    ...{ user: "reader", password: "parameters" },
  });
  await client.connect();
  const { rows } = await client.query(
    `select name, boot_val, unit, context, vartype, min_val, max_val, enumvals
     from pg_settings where context <> 'internal' and name not like '%.%' order by name`,
  );
  await client.end();
  const lines = rows.map((row) =>
    JSON.stringify([
      row.name,
      row.boot_val,
      row.unit,
      row.context,
      row.vartype,
      row.min_val,
      row.max_val,
      row.enumvals,
    ]),
  );
  await writeFile(file, `[\n${lines.join(",\n")}\n]\n`);
} finally {
  await localaws.reset();
  await localaws.close();
  await rm(dataDir, { recursive: true, force: true });
}
