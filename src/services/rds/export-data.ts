import { type ParquetValue, parquetFile } from "../../parquet/parquet-file.ts";
import type { ConnectOptions, SqlConnection } from "../../sql/sql-connection.ts";
import type { ServiceContext } from "../service-context.ts";
import { serverVersionOf } from "./engine-versions.ts";
import { engineFacts, engineOf, isMysqlEngine } from "./engines.ts";
import type { ExportSource } from "./export-run.ts";
import {
  type ExportTable,
  isExportable,
  isWanted,
  mysqlTables,
  postgresDatabases,
  postgresTables,
} from "./export-tables.ts";
import { exportedTypeName } from "./export-types.ts";
import { findPort, listenAddress } from "./ports.ts";
import { launchServer } from "./server-launch.ts";
import { changeTask, type ExportTaskDocument } from "./stored-export-tasks.ts";
import type { Place } from "./stored-snapshots.ts";

interface Export extends Place {
  readonly task: ExportTaskDocument;
  readonly server: ExportSource["server"];
  readonly snapshotId: string;
  readonly signal: AbortSignal;
}

type Connect = (database?: string) => Promise<SqlConnection>;

const options: ConnectOptions = { timeoutMs: 600_000 };
const batch = { rows: 1000 };
/** A file ends with the batch that makes it so large; of text, so that it is less in the end. */
const fileBytes = 32 * 1024 * 1024;
const gibibyte = 1024 ** 3;

/**
 * Writes the tables of a snapshot to S3, from a server that has its data for that long:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.FileNames.html
 * @throws Error with a sentence for people
 */
export async function exportData(ctx: ServiceContext, work: Export): Promise<void> {
  // States have no tables.
  if (ctx.databases.kind === "records") return await writeTables(ctx, work, []);
  const id = `export-${ctx.randomBytes(12).toString("hex")}`;
  const [username, password] = ["localaws_export", ctx.randomBytes(24).toString("hex")];
  const engine = engineOf(work.server);
  const { runs } = engineFacts[engine];
  let port = await findPort(ctx);
  const { engineVersion, masterUsername } = work.server;
  const size = { memoryBytes: 1024 ** 3, cpus: 1 };
  try {
    await launchServer(ctx, {
      name: work.task.ExportTaskIdentifier,
      spec: {
        id,
        engine: runs,
        engineVersion: serverVersionOf(ctx, engine, engineVersion),
        port,
        masterUsername,
        ...size,
        labels: { "localaws.region": work.region },
      },
      ...{ origin: { snapshotId: work.snapshotId }, signal: work.signal },
      movedTo: async (other) => {
        port = other;
      },
    });
    await ctx.databases.admitReader(id, username, password);
    const dialect = isMysqlEngine(engine) ? "mysql" : "postgres";
    const connect: Connect = (database) =>
      ctx.connectSql(
        { dialect, host: listenAddress, port, username, password, ...(database !== undefined && { database }) },
        options,
      );
    const wanted = (table: ExportTable) => isWanted(table, work.task.ExportOnly ?? [], dialect === "mysql");
    const tables = (await listTables(connect, dialect)).filter(wanted);
    requireAny(work.task, tables);
    await writeTables(ctx, work, tables, connect);
  } finally {
    await ctx.databases.remove(id);
  }
}

async function listTables(connect: Connect, dialect: "mysql" | "postgres"): Promise<ExportTable[]> {
  if (dialect === "mysql") return await using(connect, undefined, mysqlTables);
  const tables: ExportTable[] = [];
  for (const database of await using(connect, undefined, postgresDatabases)) {
    tables.push(...(await using(connect, database, (sql) => postgresTables(sql, database))));
  }
  return tables;
}

async function using<Result>(
  connect: Connect,
  database: string | undefined,
  work: (sql: SqlConnection) => Promise<Result>,
): Promise<Result> {
  const sql = await connect(database);
  try {
    return await work(sql);
  } finally {
    await sql.close();
  }
}

/** A whole export may be of nothing; a part that is asked for has to be there. */
function requireAny({ ExportOnly = [] }: ExportTaskDocument, tables: readonly ExportTable[]): void {
  if (ExportOnly.length === 0 || tables.length > 0) return;
  throw new Error(`There is no table to export in: ${ExportOnly.join(", ")}`);
}

async function writeTables(
  ctx: ServiceContext,
  work: Export,
  found: readonly ExportTable[],
  connect?: Connect,
): Promise<void> {
  const { task, signal, accountId, region } = work;
  const store = { db: ctx.db, accountId, region };
  const name = task.ExportTaskIdentifier;
  const folder = `${task.S3Prefix ? `${task.S3Prefix.replace(/\/$/, "")}/` : ""}${name}`;
  const put = async (key: string, body: Buffer, contentType: string) => {
    const object = { bucket: task.S3Bucket, key, body, contentType, kmsKeyId: task.KmsKeyId };
    if (await ctx.objects.put(accountId, object)) return;
    throw new Error(`The S3 bucket ${task.S3Bucket} doesn't exist or can't be accessed.`);
  };
  const putJson = (key: string, value: object) =>
    put(key, Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`), "application/json");
  const tables = found.filter(isExportable);
  const infos: object[] = [];
  let bytes = 0;
  for (const [index, table] of tables.entries()) {
    const started = ctx.now().toISOString();
    const sql = await connect?.(table.database);
    if (sql === undefined) break;
    try {
      const path = `${folder}/${pathOf(table)}/1`;
      let files = 0;
      for await (const { file, textBytes } of filesOf(sql, table, signal)) {
        await put(`${path}/part-${String(files++).padStart(5, "0")}-${uuid(ctx)}.gz.parquet`, file, parquetType);
        bytes += textBytes;
      }
      infos.push(infoOf(table, { started, ended: ctx.now().toISOString(), files }));
    } finally {
      await sql.close();
    }
    await changeTask(store, name, ["IN_PROGRESS"], {
      PercentProgress: Math.floor((99 * (index + 1)) / tables.length),
      TotalExtractedDataInGB: Math.floor(bytes / gibibyte),
    });
  }
  signal.throwIfAborted();
  const skipped = found.filter((table) => !tables.includes(table)).map(({ schema, name }) => `${schema}.${name}`);
  if (skipped.length > 0) {
    const WarningMessage = `Tables were skipped because of their names or those of their columns: ${skipped.join(", ")}`;
    await changeTask(store, name, ["IN_PROGRESS"], { WarningMessage });
  }
  if (infos.length > 0) {
    await putJson(`${folder}/export_tables_info_${name}_from_1_to_${infos.length}.json`, { perTableStatus: infos });
  }
  await putJson(`${folder}/export_info_${name}.json`, {
    ...{ exportTaskIdentifier: name, sourceArn: task.SourceArn, sourceType: task.SourceType },
    ...{ exportOnly: task.ExportOnly ?? [], snapshotTime: task.SnapshotTime, taskStartTime: task.TaskStartTime },
    ...{ taskEndTime: ctx.now().toISOString(), s3Bucket: task.S3Bucket, s3Prefix: task.S3Prefix ?? "" },
    ...{ exportedFilesPath: folder, iamRoleArn: task.IamRoleArn, kmsKeyId: task.KmsKeyId, status: "COMPLETE" },
    ...{ percentProgress: 100, totalExportedDataInGB: bytes / gibibyte },
  });
}

const parquetType = "application/octet-stream";

/** What RDS puts an underscore for in a path. */
function pathOf({ database, schema, name }: ExportTable): string {
  return `${database}/${schema}.${name}`.replaceAll(/[\\`" ]/g, "_");
}

/** The rows in files; one without rows where there are none. */
async function* filesOf(sql: SqlConnection, { columns, query }: ExportTable, signal: AbortSignal) {
  const names = columns.map(({ name, type }) => ({ name, type: type.parquet }));
  let rows: ParquetValue[][] = [];
  let textBytes = 0;
  let isFirst = true;
  for await (const found of sql.batches(query, batch)) {
    signal.throwIfAborted();
    for (const row of found) {
      rows.push(
        columns.map(({ type }, index) => {
          const text = row[index] ?? null;
          textBytes += text?.length ?? 0;
          return text === null ? null : type.toValue(text);
        }),
      );
    }
    if (textBytes < fileBytes) continue;
    yield { file: parquetFile(names, rows), textBytes };
    [rows, textBytes, isFirst] = [[], 0, false];
  }
  if (isFirst || rows.length > 0) yield { file: parquetFile(names, rows), textBytes };
}

function infoOf(
  { database, schema, name, columns }: ExportTable,
  { started, ended, files }: { readonly started: string; readonly ended: string; readonly files: number },
): object {
  return {
    target: `${database}.${schema}.${name}`,
    status: "COMPLETE",
    tableStatistics: {
      ...{ extractionStartTime: started, extractionEndTime: ended },
      partitioningInfo: { numberOfPartitions: files, numberOfCompletedPartitions: files },
    },
    schemaMetadata: {
      originalTypeMappings: columns.map((column) => ({
        ...{ columnName: column.name, originalType: column.originalType },
        expectedExportedType: exportedTypeName(column.type),
      })),
    },
  };
}

function uuid(ctx: ServiceContext): string {
  const digits = ctx.randomBytes(16).toString("hex");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-a$4-$5");
}
