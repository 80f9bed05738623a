import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { serverIdOf } from "./db-cluster-member-lifecycle.ts";
import { requireDbInstance } from "./db-instances.ts";
import { dbLogFileNotFound, invalidParameterValue } from "./errors.ts";

/** A server has one file, of which the end is kept. */
const logFileName = "error/postgresql.log";
/** What one answer holds at most. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DownloadDBLogFilePortion.html */
const mostLines = 10_000;
const mostCharacters = 1024 * 1024;

export const dbLogs = {
  async DescribeDBLogFiles(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    const text = await ctx.databases.log(serverIdOf(row));
    const size = Buffer.byteLength(text);
    const isWanted =
      (!input.FilenameContains || logFileName.includes(input.FilenameContains)) &&
      (input.FileSize === undefined || size >= input.FileSize) &&
      (input.FileLastWritten === undefined || ctx.now().getTime() >= input.FileLastWritten);
    const file = { LogFileName: logFileName, LastWritten: ctx.now().getTime(), Size: size };
    return { DescribeDBLogFiles: isWanted && size > 0 ? [file] : [] };
  },

  /** `Marker` is where the portion before ended: `0` the start; without one the last lines are given. */
  async DownloadDBLogFilePortion(ctx, input) {
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    const text = await ctx.databases.log(serverIdOf(row));
    if (input.LogFileName !== logFileName || text === "") throw dbLogFileNotFound(input.LogFileName ?? "");
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
