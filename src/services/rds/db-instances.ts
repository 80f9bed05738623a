import type * as Rds from "@aws-sdk/client-rds";
import type { DBInstance } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Tag } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { dbInstanceArn, parseRdsArn } from "./arns.ts";
import { create, promote, remove } from "./db-instance-lifecycle.ts";
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
  invalidDbInstanceState,
  invalidParameterCombination,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { requireIdentifier } from "./identifiers.ts";
import { findNamed } from "./named-resources.ts";
import { type NewDbInstance, resolveNewDbInstance } from "./new-db-instance.ts";
import { page } from "./pages.ts";
import { findPort } from "./ports.ts";
import { replicasOf, sourceNameOf } from "./replica-links.ts";
import { begin, placeOf, snapshotFamily, take } from "./stored-snapshots.ts";
import { readTags, requireTags, writeTags } from "./tags.ts";

export const dbInstances = {
  async CreateDBInstance(ctx, input) {
    const instance = await resolveNewDbInstance(ctx, input);
    const tags = requireTags(input.Tags ?? []);
    const row = await insertRow(ctx, instance, tags);
    create(ctx, row, { masterPassword: instance.masterPassword });
    return { DBInstance: await describe(ctx, row) };
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
      const wanted = name === "db-instance-id" ? values.map((value) => identifierOf(ctx, value)) : values;
      // No instance is of a cluster or a domain.
      query =
        column === undefined ? query.where("db_instance_identifier", "in", []) : query.where(column, "in", wanted);
    }
    const { items, marker } = page(
      await query.execute(),
      { ...input, kind: "db-instances" },
      (row) => row.db_instance_identifier,
    );
    const tags = await readTags(ctx.db, items.map(arnOf));
    return { DBInstances: items.map((row) => toDBInstance(row, tags.get(arnOf(row)) ?? [])), Marker: marker };
  },

  async DeleteDBInstance(ctx, input) {
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
      FinalDBSnapshotIdentifier && requireIdentifier("FinalDBSnapshotIdentifier", FinalDBSnapshotIdentifier);
    if (finalName && (await findNamed(ctx, snapshotFamily, finalName)) !== undefined) {
      throw dbSnapshotAlreadyExists(finalName);
    }
    const from = finalName ? withData : deletable;
    if (!(await transition(ctx, row.dbi_resource_id, from, { db_instance_status: "deleting" }))) {
      throw invalidDbInstanceState(
        row.db_instance_status === "deleting"
          ? `Instance ${row.db_instance_identifier} is already being deleted.`
          : `Cannot create a final snapshot of ${row.db_instance_identifier}, which is ${row.db_instance_status}.`,
      );
    }
    const deleting = { ...row, db_instance_status: "deleting" };
    const answer = await describe(ctx, deleting);
    const tags = readDocument(row).CopyTagsToSnapshot === true ? (answer.TagList ?? []) : [];
    const snapshot = finalName ? await begin(ctx, deleting, finalName, tags) : undefined;
    await promoteReplicas(ctx, deleting);
    remove(ctx, deleting, snapshot && (() => take(ctx, placeOf(deleting), snapshot)));
    return { DBInstance: answer };
  },
} satisfies Operations<typeof Rds, Context>;

/** Replicas outlive their source, as instances of their own. One that is still being made has nothing to outlive it with. */
async function promoteReplicas(ctx: Context, source: DbInstanceRow): Promise<void> {
  for (const replica of await replicasOf(ctx, source)) {
    const { dbi_resource_id: id } = replica;
    if (replica.db_instance_status === "creating") continue;
    await transition(ctx, id, ["available"], { db_instance_status: "modifying" });
    promote(ctx, replica, { turnOf: source });
  }
}

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
export async function requireDbInstance(ctx: Context, identifier = ""): Promise<DbInstanceRow> {
  const row = await findRow(ctx, identifierOf(ctx, identifier));
  if (row === undefined) throw dbInstanceNotFound(identifier);
  return row;
}

export async function describe(ctx: Context, row: DbInstanceRow): Promise<DBInstance> {
  const arn = arnOf(row);
  return toDBInstance(row, (await readTags(ctx.db, [arn])).get(arn) ?? []);
}

function identifierOf(ctx: Context, identifier: string): string {
  if (!identifier.startsWith("arn:")) return identifier.toLowerCase();
  const resource = parseRdsArn(ctx, identifier);
  return resource?.type === "db" ? resource.name : identifier;
}

/** Tries ports until one is its own: two requests may have found the same. */
export async function insertRow(
  ctx: Context,
  instance: Omit<NewDbInstance, "masterPassword">,
  tags: readonly Tag[],
): Promise<DbInstanceRow> {
  const row = {
    dbi_resource_id: newDbiResourceId(ctx),
    account_id: ctx.accountId,
    region: ctx.region,
    db_instance_identifier: instance.identifier,
    db_instance_status: "creating" satisfies DbInstanceStatus,
    engine: "postgres",
    engine_version: instance.engineVersion,
    instance_create_time: ctx.now().toISOString(),
    document: writeDocument(instance.document),
  };
  for (;;) {
    if ((await findRow(ctx, instance.identifier)) !== undefined) throw dbInstanceAlreadyExists();
    const port = await findPort(ctx);
    const inserted = await ctx.db.transaction().execute(async (trx) => {
      const { numInsertedOrUpdatedRows = 0n } = await trx
        .insertInto("db_instances")
        .values({ ...row, port })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows > 0n) {
        await writeTags(trx, ctx, dbInstanceArn(ctx, instance.identifier), tags);
      }
      return numInsertedOrUpdatedRows > 0n;
    });
    if (inserted) return { ...row, port };
  }
}

/** `db-` and 26 capital letters and digits: an ARN by which an instance is known through all of its names. */
function newDbiResourceId(ctx: Context): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return `db-${Array.from(ctx.randomBytes(26), (byte) => alphabet[byte % alphabet.length]).join("")}`;
}
