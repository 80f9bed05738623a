import type { Database } from "better-sqlite3";

/** What an index on `account_id, region, sort_key` finds: with the first of them all rows, with the third one. */
const inOrder = "100000 100000 100000 1";

/** Most instances have one state: in the order of their launch they are found as fast, and need no sorting. */
const states = "100000 90000";

/**
 * Without statistics SQLite takes two columns for more selective than one, and would read all rows of an account to find those of
 * one instance. These are fixed, and not ANALYZE's, which would find an empty database:
 * docs/decisions/0145-fixed-statistics.md
 */
export function fixStatistics(sqlite: Database): void {
  const indexes = sqlite
    .prepare(
      "select tbl_name, name from sqlite_schema where type = 'index' and (name like '%\\_in\\_order' escape '\\')",
    )
    .all() as { tbl_name: string; name: string }[];
  const wanted = [
    ...indexes.map(({ tbl_name, name }) => [tbl_name, name, inOrder]),
    ["instances", "instances_by_state", states],
  ];
  const isThere = sqlite.prepare("select 1 from sqlite_schema where name = 'sqlite_stat1'").get() !== undefined;
  const known = isThere ? sqlite.prepare("select tbl, idx, stat from sqlite_stat1").raw().all() : [];
  if (JSON.stringify(known) === JSON.stringify(wanted)) return;
  sqlite.transaction(() => {
    // The table is made by an ANALYZE alone.
    if (!isThere) sqlite.exec("analyze ec2_vpcs");
    sqlite.exec("delete from sqlite_stat1");
    const insert = sqlite.prepare("insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)");
    for (const row of wanted) insert.run(row);
  })();
  sqlite.exec("analyze sqlite_schema");
}
