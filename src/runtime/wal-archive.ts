import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError } from "./database-driver.ts";
import type { SuperuserSql } from "./superuser-sql.ts";

/** Milliseconds that a server has to archive what it has written. */
const archiveTimeout = 120_000;

/**
 * What a server goes by that archives its segments of the write-ahead log, compressed, as long as `folder` (a shell word) is
 * there. https://www.postgresql.org/docs/17/continuous-archiving.html
 */
export function archiveSettings(folder: string): Readonly<Record<string, string>> {
  const file = `${folder}/%f`;
  // Under its name only when it is whole; a segment that comes again after a crash is the same.
  const keep = `gzip -1 <"%p" >"${file}.new" && mv "${file}.new" "${file}.gz"`;
  return { archive_mode: "on", archive_command: `test ! -d "${folder}" || { ${keep}; }` };
}

/** What a server goes by that begins with a snapshot, and takes what came after it from an archive in `folder`. */
export function recoverySettings(folder: string, until: Date): Readonly<Record<string, string>> {
  return {
    restore_command: `test -f "${folder}/%f.gz" && gzip -cd "${folder}/%f.gz" >"%p"`,
    recovery_target_time: until.toISOString().replace("T", " ").replace("Z", "+00"),
    recovery_target_action: "promote",
    // Nobody connects before it is at its target.
    hot_standby: "off",
  };
}

/** Makes a server begin with the recovery of an archive; in its data folder. */
export const recoverySignal = "recovery.signal";

/** Resolves when what a running server has committed is in its archive. */
export async function flushWal(sql: SuperuserSql): Promise<void> {
  // A recovery wants to see a transaction after its target: https://www.postgresql.org/docs/17/runtime-config-wal.html
  await sql("SELECT pg_current_xact_id()");
  const segment = (await sql("SELECT pg_walfile_name(pg_switch_wal())"))[0]?.[0] ?? "";
  const deadline = performance.now() + archiveTimeout;
  while ((await sql(`SELECT 1 FROM pg_ls_archive_statusdir() WHERE name = '${segment}.ready'`)).length > 0) {
    if (performance.now() > deadline) throw new DatabaseLaunchError("The server does not archive what it has written.");
    await delay(20);
  }
}
