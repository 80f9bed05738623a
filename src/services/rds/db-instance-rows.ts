import type { DBInstance } from "@aws-sdk/client-rds";
import type { Selectable } from "kysely";
import type { Tag } from "../../aws/tags.ts";
import type { DbInstanceDocument, DbInstancesTable } from "../../db/rds-tables.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { dbInstanceArn } from "./arns.ts";
import { availabilityZones } from "./availability-zones.ts";
import { shownSecret } from "./managed-passwords.ts";
import { deleteSecret } from "./managed-secrets.ts";

export type DbInstanceRow = Selectable<DbInstancesTable>;

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
export type DbInstanceStatus =
  | "creating"
  | "available"
  | "backing-up"
  | "stopping"
  | "stopped"
  | "starting"
  | "rebooting"
  | "modifying"
  | "resetting-master-credentials"
  | "deleting"
  | "failed"
  | "incompatible-network"
  | "incompatible-parameters";

/** The hosted zone of RDS's endpoints in us-east-1; nothing is looked up in it. */
const hostedZoneId = "Z2R2ITUGPM61AM";

/** Where servers listen, and what a caller on this machine connects to. */
const endpointAddress = "localhost";

const withoutEndpoint: readonly string[] = ["creating", "failed"] satisfies DbInstanceStatus[];

const replicating = { StatusType: "read replication", Status: "replicating", Normal: true };

/** When what is stopped now is started by itself: in seven days. */
export function automaticRestartTime(now: Date): Date {
  return new Date(now.getTime() + 7 * 24 * 60 * 60 * 1000);
}

interface InstanceFacts {
  readonly latestRestorableTime: Date | undefined;
  /** Where its automated backups come to in other regions. */
  readonly replications: { DBInstanceAutomatedBackupsArn: string }[];
  readonly certificateTill: Date;
}

/** The only bridge from a row to the SDK's shape. */
export function toDBInstance(
  row: DbInstanceRow,
  tags: Tag[],
  { latestRestorableTime, replications, certificateTill }: InstanceFacts,
): DBInstance {
  const document = readDocument(row);
  const replicates = document.ReadReplicaSourceDBInstanceIdentifier !== undefined;
  return {
    // What AWS shows of storage that is Aurora's.
    ...(row.db_cluster_resource_id !== null && { StorageThroughput: 0 }),
    ...document,
    // Nobody can choose another here: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
    UpgradeRolloutOrder: "second",
    ...shownSecret(document.MasterUserSecret, { status: row.db_instance_status }),
    ...(replicates && row.db_instance_status === "available" && { StatusInfos: document.StatusInfos ?? [replicating] }),
    DBInstanceIdentifier: row.db_instance_identifier,
    DBInstanceArn: arnOf(row),
    DbiResourceId: row.dbi_resource_id,
    DBInstanceStatus: row.db_instance_status,
    Engine: row.engine,
    EngineVersion: row.engine_version,
    AutomaticRestartTime:
      row.db_instance_status === "stopped" && document.AutomaticRestartTime !== undefined
        ? new Date(document.AutomaticRestartTime)
        : undefined,
    InstanceCreateTime: new Date(row.instance_create_time),
    TagList: tags,
    LatestRestorableTime: latestRestorableTime,
    SecondaryAvailabilityZone: standbyZone(row),
    ...(replications.length > 0 && { DBInstanceAutomatedBackupsReplications: replications }),
    CertificateDetails: { CAIdentifier: document.CACertificateIdentifier, ValidTill: certificateTill },
    ...(withoutEndpoint.includes(row.db_instance_status)
      ? {}
      : { Endpoint: { Address: endpointAddress, Port: row.port, HostedZoneId: hostedZoneId } }),
  };
}

/** Where the standby of a Multi-AZ instance is: it changes places with the instance at a failover. */
export function standbyZone(row: DbInstanceRow): string | undefined {
  const { MultiAZ, AvailabilityZone, SecondaryAvailabilityZone } = readDocument(row);
  if (MultiAZ !== true || row.db_cluster_resource_id !== null) return undefined;
  return SecondaryAvailabilityZone ?? availabilityZones(row.region).find((zone) => zone !== AvailabilityZone);
}

export function arnOf(row: DbInstanceRow): string {
  return dbInstanceArn({ accountId: row.account_id, region: row.region }, row.db_instance_identifier);
}

/** The one place where a document's text gets its type: only `writeDocument` makes it. */
export function readDocument(row: Pick<DbInstanceRow, "document">): DbInstanceDocument {
  const document: DbInstanceDocument = JSON.parse(row.document);
  return document;
}

export function writeDocument(document: DbInstanceDocument): string {
  return JSON.stringify(document);
}

/** As it is by now; `undefined` where it is gone. */
export function refreshed(ctx: ServiceContext, row: DbInstanceRow): Promise<DbInstanceRow | undefined> {
  return refreshedById(ctx, row.dbi_resource_id);
}

export function refreshedById(
  ctx: Pick<ServiceContext, "db">,
  dbiResourceId: string,
): Promise<DbInstanceRow | undefined> {
  return ctx.db.selectFrom("db_instances").selectAll().where("dbi_resource_id", "=", dbiResourceId).executeTakeFirst();
}

export function findRow(
  ctx: Pick<Context, "db" | "accountId" | "region">,
  dbInstanceIdentifier: string,
): Promise<DbInstanceRow | undefined> {
  return ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .where("db_instance_identifier", "=", dbInstanceIdentifier.toLowerCase())
    .executeTakeFirst();
}

/** All instances of the account in the region, for what looks through them. */
export function listInstanceRows(ctx: Pick<Context, "db" | "accountId" | "region">): Promise<DbInstanceRow[]> {
  return ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .orderBy("db_instance_identifier")
    .execute();
}

export async function listInstanceDocuments(
  ctx: Context,
): Promise<{ identifier: string; document: DbInstanceDocument }[]> {
  const rows = await listInstanceRows(ctx);
  return rows.map((row) => ({ identifier: row.db_instance_identifier, document: readDocument(row) }));
}

/**
 * Moves an instance from one of the states `from`. False when it was in none of them (any more): somebody else's change
 * came first and stands.
 */
export async function transition(
  ctx: ServiceContext,
  dbiResourceId: string,
  from: readonly DbInstanceStatus[],
  to: { db_instance_status: DbInstanceStatus; engine_version?: string; port?: number },
): Promise<boolean> {
  const { numUpdatedRows } = await ctx.db
    .updateTable("db_instances")
    .set(to)
    .where("dbi_resource_id", "=", dbiResourceId)
    .where("db_instance_status", "in", [...from])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Changes the document of an instance, whatever else changes it meanwhile. Nothing where the instance is gone. */
export async function changeDocument(
  ctx: Pick<ServiceContext, "db">,
  dbiResourceId: string,
  change: (document: DbInstanceDocument) => DbInstanceDocument,
): Promise<void> {
  for (;;) {
    const row = await ctx.db
      .selectFrom("db_instances")
      .select("document")
      .where("dbi_resource_id", "=", dbiResourceId)
      .executeTakeFirst();
    if (row === undefined) return;
    const { numUpdatedRows } = await ctx.db
      .updateTable("db_instances")
      .set({ document: writeDocument(change(readDocument(row))) })
      .where("dbi_resource_id", "=", dbiResourceId)
      .where("document", "=", row.document)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) return;
  }
}

/** Gives an instance another name, and its tags with it; false where the name is taken. Within a transaction. */
export async function rename(
  { db }: Pick<ServiceContext, "db">,
  row: DbInstanceRow,
  identifier: string,
): Promise<boolean> {
  const taken = await db
    .selectFrom("db_instances")
    .select("port")
    .where("account_id", "=", row.account_id)
    .where("region", "=", row.region)
    .where("db_instance_identifier", "=", identifier)
    .executeTakeFirst();
  if (taken !== undefined) return false;
  await db
    .updateTable("rds_tags")
    .set({ resource_arn: arnOf({ ...row, db_instance_identifier: identifier }) })
    .where("resource_arn", "=", arnOf(row))
    .execute();
  await db
    .updateTable("db_instances")
    .set({ db_instance_identifier: identifier })
    .where("dbi_resource_id", "=", row.dbi_resource_id)
    .execute();
  return true;
}

export async function deleteRow(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  await ctx.db.transaction().execute(async (trx) => {
    await trx.deleteFrom("rds_tags").where("resource_arn", "=", arnOf(row)).execute();
    // As it is by now: it may have got another secret since.
    const { document } =
      (await trx
        .selectFrom("db_instances")
        .select("document")
        .where("dbi_resource_id", "=", row.dbi_resource_id)
        .executeTakeFirst()) ?? row;
    const { MasterUserSecret: secret } = readDocument({ document });
    if (secret !== undefined) await deleteSecret({ db: trx }, secret);
    await trx.deleteFrom("rds_applied_parameters").where("dbi_resource_id", "=", row.dbi_resource_id).execute();
    await trx.deleteFrom("db_instances").where("dbi_resource_id", "=", row.dbi_resource_id).execute();
  });
}
