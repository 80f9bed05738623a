import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import { changeDocument, type DbInstanceRow, listInstanceRows, readDocument } from "./db-instance-rows.ts";

type Store = Pick<ServiceContext, "db">;

// A replica names its source, and a source its replicas, in their documents.

export function sourceNameOf(row: DbInstanceRow): string | undefined {
  return readDocument(row).ReadReplicaSourceDBInstanceIdentifier;
}

export async function replicasOf(ctx: Store, source: DbInstanceRow): Promise<DbInstanceRow[]> {
  return (await neighbours(ctx, source)).filter((row) => sourceNameOf(row) === source.db_instance_identifier);
}

export async function sourceOf(ctx: Store, replica: DbInstanceRow): Promise<DbInstanceRow | undefined> {
  const name = sourceNameOf(replica);
  return name === undefined
    ? undefined
    : (await neighbours(ctx, replica)).find((row) => row.db_instance_identifier === name);
}

/** A source names a new replica. */
export async function linkReplica(ctx: Store, source: DbInstanceRow, replica: string): Promise<void> {
  await changeReplicas(ctx, source, (names) => [...names, replica]);
}

/** Neither names the other any more. */
export async function unlinkReplica(ctx: Store, replica: DbInstanceRow): Promise<void> {
  const source = await sourceOf(ctx, replica);
  if (source !== undefined) {
    await changeReplicas(ctx, source, (names) => names.filter((name) => name !== replica.db_instance_identifier));
  }
  await changeDocument(ctx, replica.dbi_resource_id, ({ ReadReplicaSourceDBInstanceIdentifier: _, ...rest }) => rest);
}

/** An instance has another name by now: its source and its replicas use that. */
export async function renameInLinks(ctx: Store, before: DbInstanceRow, name: string): Promise<void> {
  const old = before.db_instance_identifier;
  const source = await sourceOf(ctx, before);
  if (source !== undefined) {
    await changeReplicas(ctx, source, (names) => names.map((other) => (other === old ? name : other)));
  }
  for (const replica of await replicasOf(ctx, before)) {
    await changeDocument(ctx, replica.dbi_resource_id, (document) => ({
      ...document,
      ReadReplicaSourceDBInstanceIdentifier: name,
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

function neighbours({ db }: Store, row: DbInstanceRow): Promise<DbInstanceRow[]> {
  return listInstanceRows({ db, accountId: row.account_id, region: row.region });
}
