import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Kysely, sql } from "kysely";
import type { Database } from "../../../src/db/database.ts";
import { openDatabase } from "../../../src/db/open-database.ts";

describe("the plans of SQLite", () => {
  let dataDir: string;
  let db: Kysely<Database>;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-db-"));
    await (await openDatabase(dataDir)).destroy();
    // They outlive a restart.
    db = await openDatabase(dataDir);
  });
  after(async () => {
    await db.destroy();
    await rm(dataDir, { recursive: true });
  });

  async function planOf(table: string, condition: string, values: readonly string[]): Promise<string> {
    const query = sql<{ detail: string }>`explain query plan select id, data, sort_key from ${sql.table(table)}
      where account_id = 'a' and region = 'r' and ${sql.ref(condition)} in (${sql.join(values)}) order by sort_key limit 6`;
    return (await query.execute(db)).rows.map(({ detail }) => detail).join("; ");
  }

  for (const [table, column, index] of [
    ["ec2_network_interfaces", "instance_id", "by_instance_id"],
    ["ec2_volumes", "instance_id", "by_instance_id"],
    ["ec2_security_group_rules", "group_id", "by_group_id"],
    ["ec2_security_groups", "vpc_id", "unique"],
    ["ec2_subnets", "vpc_id", "by_vpc_id"],
  ] as const) {
    it(`find the rows of ${table} by ${column}, and do not read all of the account`, async () => {
      expect(await planOf(table, column, ["x"])).to.include(`USING INDEX ${table}_${index} (${column}=?)`);
      expect(await planOf(table, column, ["x", "y"])).to.include(`USING INDEX ${table}_${index} (${column}=?)`);
    });
  }

  it("find instances by any number of ids", async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `i-${index}`);
    expect(await planOf("instances", "id", ids)).to.include("sqlite_autoindex_instances_1 (id=?)");
  });

  it("find instances by their state in the order of their launch, which needs no sorting", async () => {
    expect(await planOf("instances", "state", ["running"])).to.equal(
      "SEARCH instances USING INDEX instances_in_order (account_id=? AND region=?)",
    );
  });

  it("list in order without sorting", async () => {
    const query = sql<{ detail: string }>`explain query plan select data from instances
      where account_id = 'a' and region = 'r' and sort_key > 'k' order by sort_key`;
    expect((await query.execute(db)).rows.map(({ detail }) => detail)).to.deep.equal([
      "SEARCH instances USING INDEX instances_in_order (account_id=? AND region=? AND sort_key>?)",
    ]);
  });
});
