import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { DatabaseLog } from "../../runtime/database-driver.ts";
import type { Context } from "../service-context.ts";
import { serverIdOf } from "./db-cluster-member-lifecycle.ts";
import type { DbInstanceRow } from "./db-instance-rows.ts";
import { requireDbInstance } from "./db-instances.ts";
import { isMysqlEngine } from "./engines.ts";
import { dbLogFileNotFound, invalidParameterValue } from "./errors.ts";

/** The names that RDS has for the files of a server; of each the end is kept. */
const postgresFiles: Readonly<Record<string, DatabaseLog>> = { "error/postgresql.log": "error" };
const mysqlFiles: Readonly<Record<string, DatabaseLog>> = {
  "error/mysql-error.log": "error",
  "general/mysql-general.log": "general",
  "slowquery/mysql-slowquery.log": "slow",
};
const filesOf = ({ engine }: DbInstanceRow) => (isMysqlEngine(engine) ? mysqlFiles : postgresFiles);

/** What one answer holds at most. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DownloadDBLogFilePortion.html */
const mostLines = 10_000;
const mostCharacters = 1024 * 1024;

export const dbLogs = {
  async DescribeDBLogFiles(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    const LastWritten = ctx.now().getTime();
    const files = [];
    for (const [LogFileName, log] of Object.entries(filesOf(row))) {
      const Size = Buffer.byteLength(await ctx.databases.log(serverIdOf(row), log));
      const isWanted =
        (!input.FilenameContains || LogFileName.includes(input.FilenameContains)) &&
        (input.FileSize === undefined || Size >= input.FileSize) &&
        (input.FileLastWritten === undefined || LastWritten >= input.FileLastWritten);
      if (isWanted && Size > 0) files.push({ LogFileName, LastWritten, Size });
    }
    return { DescribeDBLogFiles: files };
  },

  /** `Marker` is where the portion before ended: `0` the start; without one the last lines are given. */
  async DownloadDBLogFilePortion(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    const log = filesOf(row)[input.LogFileName ?? ""];
    const text = log === undefined ? "" : await ctx.databases.log(serverIdOf(row), log);
    if (text === "") throw dbLogFileNotFound(input.LogFileName ?? "");
    const limit = Math.min(input.NumberOfLines || mostLines, mostLines);
    if (limit < 0) throw invalidParameterValue("NumberOfLines must not be negative.");
    if (!input.Marker) {
      const tail = text.slice(-mostCharacters);
      return { LogFileData: lastLines(tail, limit), Marker: String(text.length), AdditionalDataPending: false };
    }
    const start = Number(input.Marker);
    if (!Number.isSafeInteger(start) || start < 0) throw invalidParameterValue(`Invalid marker: ${input.Marker}`);
    const portion = firstLines(text.slice(start, start + mostCharacters), limit);
    const end = Math.min(start, text.length) + portion.length;
    return { LogFileData: portion, Marker: String(end), AdditionalDataPending: end < text.length };
  },
} satisfies Operations<typeof Rds, Context>;

function firstLines(text: string, count: number): string {
  let end = 0;
  for (let line = 0; line < count && end < text.length; line++) {
    const next = text.indexOf("\n", end);
    end = next < 0 ? text.length : next + 1;
  }
  return text.slice(0, end);
}

function lastLines(text: string, count: number): string {
  const lines = text.split(/(?<=\n)/);
  return lines.slice(-count).join("");
}
