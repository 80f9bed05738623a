import type BetterSqlite3 from "better-sqlite3";

export type SqliteModule = typeof BetterSqlite3;

/**
 * better-sqlite3, in the major that this Node.js can run. 13 needs the Node-API of Node.js 22 (it crashes on 20); 12 aborts
 * the process on Node.js 24.19 and later when a statement is collected. docs/decisions/0005-two-majors-of-better-sqlite3.md
 * @throws Error that says what to do when it is not installed
 */
export async function loadSqlite(): Promise<SqliteModule> {
  const [major] = process.versions.node.split(".", 1);
  const name = Number(major) >= 22 ? "better-sqlite3" : "better-sqlite3-node20";
  try {
    return ((await import(name)) as { default: SqliteModule }).default;
  } catch (error) {
    const message = `${name} is not installed for Node.js ${process.version}: run npm ci with the Node.js that runs LocalAWS.`;
    throw new Error(message, { cause: error });
  }
}
