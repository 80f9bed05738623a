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

/**
 * Writes src/services/rds/postgres-parameters.json from what a PostgreSQL 17 server says of its settings, and what those of other
 * majors say otherwise.
 */
const folder = fileURLToPath(new URL("../src/services/rds/", import.meta.url));
const majors = ["13", "14", "15", "16", "18"];
const dataDir = await mkdtemp(join(tmpdir(), "localaws-parameters-"));
const localaws = await createServer({ listen: "127.0.0.1:0", runtime: "embedded", dataDir });

/** A setting as a row: its name first. */
type Row = readonly unknown[];

async function settingsOf(EngineVersion: string): Promise<Row[]> {
  const rds = new RDSClient({
    ...{ endpoint: localaws.endpoint, region: "us-east-1" },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const DBInstanceIdentifier = `parameters-${EngineVersion}`;
  await rds.send(
    new CreateDBInstanceCommand({
      ...{ DBInstanceIdentifier, EngineVersion, Engine: "postgres", DBInstanceClass: "db.t3.micro" },
      ...{ AllocatedStorage: 20, MasterUsername: "reader", MasterUserPassword: "parameters" },
    }),
  );
  await waitUntilDBInstanceAvailable(
    { client: rds, minDelay: 1, maxDelay: 1, maxWaitTime: 300 },
    { DBInstanceIdentifier },
  );
  const { DBInstances: [found] = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
  const client = new pg.Client({
    ...{ host: "localhost", port: found?.Endpoint?.Port ?? 0, database: "postgres" },
    ...{ user: "reader", password: "parameters" },
  });
  await client.connect();
  const { rows } = await client.query({
    text: `select name, boot_val, unit, context, vartype, min_val, max_val, enumvals, short_desc
             from pg_settings where context <> 'internal' and name not like '%.%' order by name`,
    rowMode: "array",
  });
  await client.end();
  return rows;
}

const linesOf = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).join(",\n");

try {
  const common = await settingsOf("17");
  await writeFile(`${folder}postgres-parameters.json`, `[\n${linesOf(common)}\n]\n`);
  const others: string[] = [];
  for (const major of majors) {
    const all = await settingsOf(major);
    const absent = common.map(([name]) => name).filter((name) => !all.some(([other]) => other === name));
    // What is said of a setting changes more often than the setting.
    const textOf = (row: Row) => JSON.stringify(row.slice(0, 8));
    const different = all.filter((row) => !common.some((other) => textOf(other) === textOf(row)));
    others.push(`"${major}": { "absent": ${JSON.stringify(absent)}, "different": [\n${linesOf(different)}\n] }`);
  }
  await writeFile(`${folder}postgres-parameters-of-majors.json`, `{\n${others.join(",\n")}\n}\n`);
} finally {
  await localaws.reset();
  await localaws.close();
  await rm(dataDir, { recursive: true, force: true });
}
