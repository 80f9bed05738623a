import type * as Rds from "@aws-sdk/client-rds";
import type { DBInstance } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Tag } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { dbInstanceArn, parseRdsArn } from "./arns.ts";
import { retainBackups } from "./automated-backups.ts";
import { createMember, isMember } from "./db-cluster-member-lifecycle.ts";
import { clusterFamily } from "./db-cluster-rows.ts";
import { create } from "./db-instance-creation.ts";
import { remove } from "./db-instance-lifecycle.ts";
import { promote } from "./db-instance-modification.ts";
import {
  arnOf,
  type DbInstanceRow,
  type DbInstanceStatus,
  findRow,
  readDocument,
  toDBInstance,
  transition,
  writeDocument,
} from "./db-instance-rows.ts";
import {
  dbInstanceAlreadyExists,
  dbInstanceNotFound,
  dbSnapshotAlreadyExists,
  instanceQuotaExceeded,
  invalidDbInstanceState,
  invalidParameterCombination,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { requireSnapshotName } from "./identifiers.ts";
import { insertSecret } from "./managed-secrets.ts";
import { deleteNamed, findNamed, listNamed, nameOf } from "./named-resources.ts";
import { isMemberRequest, resolveNewMember } from "./new-db-cluster-member.ts";
import { type NewDbInstance, newResourceId, resolveNewDbInstance } from "./new-db-instance.ts";
import { page } from "./pages.ts";
import { choosePort, isTaken } from "./ports.ts";
import { quotas } from "./quotas.ts";
import { outlivesAsReplica, replicasOf, sourceNameOf, terminate } from "./replica-links.ts";
import { backupFacts } from "./stored-automated-backups.ts";
import { begin, placeOf, snapshotFamily, tagsForSnapshot, take } from "./stored-snapshots.ts";
import { readTags, requireTags, writeTags } from "./tags.ts";

export const dbInstances = {
  async CreateDBInstance(ctx, input) {
    if (isMemberRequest(input)) {
      const row = await insertRow(ctx, await resolveNewMember(ctx, input), requireTags(input.Tags ?? []));
      createMember(ctx, row);
      return { DBInstance: await describe(ctx, row) };
    }
    const instance = await resolveNewDbInstance(ctx, input);
    const tags = requireTags(input.Tags ?? []);
    const row = await insertRow(ctx, instance, tags);
    create(ctx, row, { masterPassword: instance.masterPassword });
    const given = input.MasterUserPassword ? { PendingModifiedValues: { MasterUserPassword: "****" } } : {};
    return { DBInstance: { ...(await describe(ctx, row)), ...given } };
  },

  async DescribeDBInstances(ctx, input) {
    const filters = filterValues(input.Filters, [
      "db-cluster-id",
      "db-instance-id",
      "dbi-resource-id",
      "domain",
      "engine",
    ]);
    let query = ctx.db
      .selectFrom("db_instances")
      .selectAll()
      .where("account_id", "=", ctx.accountId)
      .where("region", "=", ctx.region)
      .orderBy("db_instance_identifier");
    if (input.DBInstanceIdentifier) {
      const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
      query = query.where("dbi_resource_id", "=", row.dbi_resource_id);
    }
    for (const { name, values } of filters) {
      const column = filterColumns[name];
      if (name === "db-cluster-id") {
        query = query.where("db_cluster_resource_id", "in", await clustersNamed(ctx, values));
        continue;
      }
      const wanted = name === "db-instance-id" ? values.map((value) => identifierOf(ctx, value)) : values;
      // No instance is of a domain.
      query =
        column === undefined ? query.where("db_instance_identifier", "in", []) : query.where(column, "in", wanted);
    }
    const { items, marker } = page(
      await query.execute(),
      { ...input, kind: "db-instances" },
      (row) => row.db_instance_identifier,
    );
    const tags = await readTags(ctx.db, items.map(arnOf));
    const facts = await factsOf(ctx, items);
    const described = items.map((row) => toDBInstance(row, tags.get(arnOf(row)) ?? [], facts(row)));
    return { DBInstances: described, Marker: marker };
  },

  async DeleteDBInstance(ctx, input) {
    const found = await findRow(ctx, identifierOf(ctx, input.DBInstanceIdentifier ?? ""));
    if (found !== undefined && isMember(found)) return { DBInstance: await deleteMember(ctx, found, input) };
    const { SkipFinalSnapshot = false, FinalDBSnapshotIdentifier } = input;
    if (SkipFinalSnapshot && FinalDBSnapshotIdentifier) {
      throw invalidParameterCombination("You cannot specify both FinalDBSnapshotIdentifier and SkipFinalSnapshot");
    }
    if (!SkipFinalSnapshot && !FinalDBSnapshotIdentifier) {
      throw invalidParameterCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
    }
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (readDocument(row).DeletionProtection === true) {
      throw invalidParameterCombination(
        "Cannot delete protected DB Instance, please disable deletion protection and try again.",
      );
    }
    if (FinalDBSnapshotIdentifier && sourceNameOf(row) !== undefined) {
      throw invalidParameterCombination("FinalDBSnapshotIdentifier can't be specified when deleting a read replica.");
    }
    const finalName =
      FinalDBSnapshotIdentifier && requireSnapshotName("FinalDBSnapshotIdentifier", FinalDBSnapshotIdentifier);
    if (finalName && (await findNamed(ctx, snapshotFamily, finalName)) !== undefined) {
      throw dbSnapshotAlreadyExists(finalName);
    }
    const from = finalName ? withData : deletable;
    const refusal = () =>
      invalidDbInstanceState(
        row.db_instance_status === "deleting"
          ? alreadyDeleted(row)
          : `Cannot create a final snapshot of ${row.db_instance_identifier}, which is ${row.db_instance_status}.`,
      );
    if (!from.some((status) => status === row.db_instance_status)) throw refusal();
    const deleting = { ...row, db_instance_status: "deleting" };
    const answer = await describe(ctx, deleting);
    const tags = await tagsForSnapshot(ctx, row);
    // Before it is `deleting`: what is cut off then deletes nothing without it.
    const snapshot = finalName ? await begin(ctx, deleting, { name: finalName, tags }) : undefined;
    if (!(await transition(ctx, row.dbi_resource_id, from, { db_instance_status: "deleting" }))) {
      if (snapshot !== undefined) await deleteNamed(ctx, snapshotFamily, snapshot.name);
      throw refusal();
    }
    await retainBackups(ctx, row, input.DeleteAutomatedBackups === false);
    await promoteReplicas(ctx, deleting);
    remove(ctx, deleting, snapshot && (() => take(ctx, placeOf(deleting), snapshot)));
    return { DBInstance: answer };
  },
} satisfies Operations<typeof Rds, Context>;

/** Replicas outlive their source, most as instances of their own. One that is still being made has nothing to outlive it with. */
async function promoteReplicas(ctx: Context, source: DbInstanceRow): Promise<void> {
  for (const replica of await replicasOf(ctx, source)) {
    const { dbi_resource_id: id } = replica;
    if (replica.db_instance_status === "creating") continue;
    if (outlivesAsReplica(replica, source)) {
      await terminate(ctx, replica);
      continue;
    }
    await transition(ctx, id, ["available"], { db_instance_status: "modifying" });
    promote(ctx, replica, { turnOf: source });
  }
}

/** Its data are the cluster's, whether it asks for a final snapshot or not. */
async function deleteMember(
  ctx: Context,
  row: DbInstanceRow,
  { FinalDBSnapshotIdentifier }: Rds.DeleteDBInstanceMessage,
): Promise<DBInstance> {
  if (FinalDBSnapshotIdentifier) {
    throw invalidParameterCombination(
      "FinalDBSnapshotIdentifier can't be specified for a member of a DB cluster: take a snapshot of the cluster.",
    );
  }
  if (!(await transition(ctx, row.dbi_resource_id, deletable, { db_instance_status: "deleting" }))) {
    throw invalidDbInstanceState(alreadyDeleted(row));
  }
  const deleting = { ...row, db_instance_status: "deleting" };
  const answer = await describe(ctx, deleting);
  remove(ctx, deleting);
  return answer;
}

const alreadyDeleted = (row: DbInstanceRow) => `Instance ${row.db_instance_identifier} is already being deleted.`;

/** Every state but `deleting`: a creation is given up, other work ends first. */
const deletable: readonly DbInstanceStatus[] = [
  "creating",
  "available",
  "stopping",
  "stopped",
  "starting",
  "rebooting",
  "modifying",
  "resetting-master-credentials",
  "backing-up",
  "failed",
  "incompatible-network",
  "incompatible-parameters",
];

/** A final snapshot is of data that are there. */
const withData: readonly DbInstanceStatus[] = ["available", "stopped"];

const filterColumns: Readonly<Record<string, "db_instance_identifier" | "dbi_resource_id" | "engine">> = {
  "db-instance-id": "db_instance_identifier",
  "dbi-resource-id": "dbi_resource_id",
  engine: "engine",
};

/** An identifier or an ARN, as the operations take either. @throws DBInstanceNotFound */
export async function requireDbInstance(
  ctx: Pick<Context, "db" | "accountId" | "region">,
  identifier = "",
): Promise<DbInstanceRow> {
  const row = await findRow(ctx, identifierOf(ctx, identifier));
  if (row === undefined) throw dbInstanceNotFound(identifier);
  return row;
}

export async function describe(ctx: Context, row: DbInstanceRow): Promise<DBInstance> {
  const arn = arnOf(row);
  const facts = await factsOf(ctx, [row]);
  return toDBInstance(row, (await readTags(ctx.db, [arn])).get(arn) ?? [], facts(row));
}

/** What neither their rows nor their tags say of these instances. */
async function factsOf(ctx: Context, rows: readonly DbInstanceRow[]) {
  const ofBackups = await backupFacts(ctx, rows);
  const { till: certificateTill } = await ctx.databases.authority();
  return (row: DbInstanceRow) => ({ ...ofBackups(row), certificateTill });
}

/** The resource ids of clusters, by names or ARNs. */
async function clustersNamed(ctx: Context, identifiers: readonly string[]): Promise<string[]> {
  const names = identifiers.map((identifier) => nameOf(ctx, clusterFamily, identifier).toLowerCase());
  const clusters = await listNamed(ctx, clusterFamily);
  return clusters.filter(({ name }) => names.includes(name)).map(({ document }) => document.resourceId);
}

function identifierOf(ctx: Pick<Context, "accountId" | "region">, identifier: string): string {
  if (!identifier.startsWith("arn:")) return identifier.toLowerCase();
  const resource = parseRdsArn(ctx, identifier);
  return resource?.type === "db" ? resource.name : identifier;
}

/** @throws InstanceQuotaExceeded */
async function requireRoomForInstance(
  { accountId, region }: Context,
  db: Pick<Context["db"], "selectFrom">,
): Promise<void> {
  const { count } = await db
    .selectFrom("db_instances")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("account_id", "=", accountId)
    .where("region", "=", region)
    .executeTakeFirstOrThrow();
  if (Number(count) >= quotas.DBInstances) throw instanceQuotaExceeded();
}

/** Tries ports until one is its own: two requests may have found the same. */
export async function insertRow(
  ctx: Context,
  instance: Omit<NewDbInstance, "masterPassword">,
  tags: readonly Tag[],
): Promise<DbInstanceRow> {
  const row = {
    dbi_resource_id: newResourceId(ctx, "db"),
    account_id: ctx.accountId,
    region: ctx.region,
    db_instance_identifier: instance.identifier,
    db_instance_status: "creating" satisfies DbInstanceStatus,
    engine: instance.engine ?? "postgres",
    db_cluster_resource_id: instance.clusterResourceId ?? null,
    engine_version: instance.engineVersion,
    instance_create_time: ctx.now().toISOString(),
    document: writeDocument(instance.document),
  };
  for (;;) {
    if ((await findRow(ctx, instance.identifier)) !== undefined) throw dbInstanceAlreadyExists();
    const port = await choosePort(ctx, instance.engine ?? "postgres", instance.port ?? {});
    const inserted = await ctx.db.transaction().execute(async (trx) => {
      if (await isTaken(ctx, trx, port)) return false;
      await requireRoomForInstance(ctx, trx);
      const { numInsertedOrUpdatedRows = 0n } = await trx
        .insertInto("db_instances")
        .values({ ...row, port })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows > 0n) {
        const arn = dbInstanceArn(ctx, instance.identifier);
        await writeTags(trx, ctx, arn, tags);
        const { accountId, region, now, randomBytes } = ctx;
        const { secret } = instance;
        const place = { db: trx, accountId, region, now, randomBytes };
        if (secret !== undefined) await insertSecret(place, secret, { arn, stage: "AWSCURRENT" });
      }
      return numInsertedOrUpdatedRows > 0n;
    });
    if (inserted) return { ...row, port, server_port: null };
  }
}
