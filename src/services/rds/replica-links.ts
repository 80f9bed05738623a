import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import { placeInArn } from "./arns.ts";
import { arnOf, changeDocument, type DbInstanceRow, readDocument } from "./db-instance-rows.ts";

type Store = Pick<ServiceContext, "db">;

// A replica names its source, and a source its replicas, in their documents: by the identifier, or from another region by the ARN.

/** What an instance calls another one. */
export function nameFrom({ region }: Pick<DbInstanceRow, "region">, other: DbInstanceRow): string {
  return other.region === region ? other.db_instance_identifier : arnOf(other);
}

export function sourceNameOf(row: DbInstanceRow): string | undefined {
  return readDocument(row).ReadReplicaSourceDBInstanceIdentifier;
}

const terminated = { StatusType: "read replication", Status: "terminated", Normal: false };

/** Whether a replica's source is gone, and it waits for its owner to promote it. */
export function isTerminated(row: DbInstanceRow): boolean {
  return readDocument(row).StatusInfos?.some(({ Status }) => Status === terminated.Status) === true;
}

/**
 * What RDS does with replicas of PostgreSQL in other regions whose source is deleted; those of MariaDB and MySQL, and all in its own
 * region, it promotes: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
 */
export function outlivesAsReplica(replica: DbInstanceRow, source: DbInstanceRow): boolean {
  return replica.engine === "postgres" && replica.region !== source.region;
}

export async function terminate(ctx: Store, replica: DbInstanceRow): Promise<void> {
  await changeDocument(ctx, replica.dbi_resource_id, (document) => ({ ...document, StatusInfos: [terminated] }));
}

export async function replicasOf(ctx: Store, source: DbInstanceRow): Promise<DbInstanceRow[]> {
  const all = await ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("account_id", "=", source.account_id)
    .orderBy("db_instance_identifier")
    .execute();
  return all.filter((row) => sourceNameOf(row) === nameFrom(row, source) && !isTerminated(row));
}

export async function sourceOf(ctx: Store, replica: DbInstanceRow): Promise<DbInstanceRow | undefined> {
  const name = sourceNameOf(replica);
  // An instance that has the name of one that is gone is another one.
  if (name === undefined || isTerminated(replica)) return undefined;
  const { region } = placeInArn(name) ?? replica;
  return await ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("account_id", "=", replica.account_id)
    .where("region", "=", region)
    .where("db_instance_identifier", "=", name.split(":").at(-1) ?? name)
    .executeTakeFirst();
}

/** A source names a new replica. */
export async function linkReplica(ctx: Store, source: DbInstanceRow, replica: DbInstanceRow): Promise<void> {
  await changeReplicas(ctx, source, (names) => [...names, nameFrom(source, replica)]);
}

/** Neither names the other any more. */
export async function unlinkReplica(ctx: Store, replica: DbInstanceRow): Promise<void> {
  const source = await sourceOf(ctx, replica);
  if (source !== undefined) {
    await changeReplicas(ctx, source, (names) => names.filter((name) => name !== nameFrom(source, replica)));
  }
  await changeDocument(
    ctx,
    replica.dbi_resource_id,
    ({ ReadReplicaSourceDBInstanceIdentifier: _, StatusInfos: __, ...rest }) => rest,
  );
}

/** An instance has another name by now: its source and its replicas use that. */
export async function renameInLinks(ctx: Store, before: DbInstanceRow, name: string): Promise<void> {
  const after = { ...before, db_instance_identifier: name };
  const source = await sourceOf(ctx, before);
  if (source !== undefined) {
    const old = nameFrom(source, before);
    await changeReplicas(ctx, source, (names) =>
      names.map((other) => (other === old ? nameFrom(source, after) : other)),
    );
  }
  for (const replica of await replicasOf(ctx, before)) {
    await changeDocument(ctx, replica.dbi_resource_id, (document) => ({
      ...document,
      ReadReplicaSourceDBInstanceIdentifier: nameFrom(replica, after),
    }));
  }
}

async function changeReplicas(ctx: Store, source: DbInstanceRow, change: (names: string[]) => string[]): Promise<void> {
  const changed = (document: DbInstanceDocument) => change(document.ReadReplicaDBInstanceIdentifiers ?? []).sort();
  await changeDocument(ctx, source.dbi_resource_id, (document) => ({
    ...document,
    ReadReplicaDBInstanceIdentifiers: changed(document),
  }));
}
