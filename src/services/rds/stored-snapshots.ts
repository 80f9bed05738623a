import type { ModifyDBSnapshotAttributeMessage } from "@aws-sdk/client-rds";
import type { Tag } from "../../aws/tags.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import { placeInArn } from "./arns.ts";
import { arnOf, type DbInstanceRow, readDocument } from "./db-instance-rows.ts";
import { defaultOptionGroupName } from "./engines.ts";
import {
  dbSnapshotAlreadyExists,
  dbSnapshotNotFound,
  invalidParameterValue,
  sharedSnapshotQuotaExceeded,
  snapshotQuotaExceeded,
} from "./errors.ts";
import { recordEvent, recordInstanceEvent, recordSnapshotEvent } from "./event-log.ts";
import { findNamed, insertNamed, type NamedFamily, nameOf, updateNamed } from "./named-resources.ts";
import { mostSnapshotShares, quotas } from "./quotas.ts";
import { readTags } from "./tags.ts";

/** What snapshots of instances and those of clusters have in common. */
export interface StoredSnapshot {
  readonly name: string;
  /** Names the data in the runtime. */
  readonly id: string;
  readonly status: "creating" | "available" | "copying" | "failed";
  readonly type: "manual" | "automated";
  /** ISO 8601. */
  readonly created: string;
  /** ISO 8601: when its data were there. */
  readonly finished?: string;
  /** Accounts that may restore it; `all`: everybody. */
  readonly restore: readonly string[];
}

export interface SnapshotDocument extends StoredSnapshot {
  readonly instance: {
    readonly identifier: string;
    readonly resourceId: string;
    readonly engine: string;
    readonly engineVersion: string;
    readonly port: number;
    readonly created: string;
    readonly document: DbInstanceDocument;
  };
  readonly sourceArn?: string;
  /** ISO 8601: of a copy, when the first was taken that it is of. */
  readonly originallyCreated?: string;
}

/** Those count; RDS takes as many of its own as it needs. */
export function isManual({ type }: StoredSnapshot): boolean {
  return type === "manual";
}

export const snapshotFamily: NamedFamily<SnapshotDocument> = {
  kind: "snapshot",
  notFound: dbSnapshotNotFound,
  alreadyExists: dbSnapshotAlreadyExists,
  quota: { most: quotas.ManualSnapshots, counts: isManual, exceeded: snapshotQuotaExceeded },
};

/** Writes down a snapshot whose data are still to be taken. */
export async function begin(
  ctx: ServiceContext,
  row: DbInstanceRow,
  { name, tags, type = "manual" }: { name: string; tags: readonly Tag[]; type?: StoredSnapshot["type"] },
): Promise<SnapshotDocument> {
  const snapshot: SnapshotDocument = {
    ...{ name, id: newSnapshotId(ctx), status: "creating", type, created: ctx.now().toISOString() },
    ...{ instance: toInstance(row), restore: [] },
  };
  await insertNamed({ db: ctx.db, ...placeOf(row) }, snapshotFamily, name, snapshot, tags);
  await recordSnapshotEvent(ctx, placeOf(row), name, type === "manual" ? "RDS-EVENT-0040" : "RDS-EVENT-0090");
  await recordInstanceEvent(ctx, row, "RDS-EVENT-0001");
  return snapshot;
}

/** Those that a snapshot has from its instance. */
export async function tagsForSnapshot({ db }: Pick<ServiceContext, "db">, row: DbInstanceRow): Promise<Tag[]> {
  if (readDocument(row).CopyTagsToSnapshot !== true) return [];
  return (await readTags(db, [arnOf(row)])).get(arnOf(row)) ?? [];
}

/** What is kept of an instance beyond its end. */
export function toInstance(row: DbInstanceRow): SnapshotDocument["instance"] {
  return {
    identifier: row.db_instance_identifier,
    resourceId: row.dbi_resource_id,
    engine: row.engine,
    engineVersion: row.engine_version,
    port: row.port,
    created: row.instance_create_time,
    document: readDocument(row),
  };
}

/** What a region says of an instance of the region `from`. Groups of options are of a region, and so are its zones. */
export function instanceIn(
  { region }: Pick<Place, "region">,
  instance: SnapshotDocument["instance"],
  { from, optionGroup }: { readonly from: string; readonly optionGroup?: string | undefined },
): SnapshotDocument["instance"] {
  const { document, engine, engineVersion } = instance;
  const group = optionGroup ?? (from === region ? undefined : defaultOptionGroupName(engineVersion, engine));
  return {
    ...instance,
    document: {
      ...document,
      ...(group && { OptionGroupMemberships: [{ OptionGroupName: group, Status: "in-sync" }] }),
      ...(document.AvailabilityZone && { AvailabilityZone: document.AvailabilityZone.replace(from, region) }),
    },
  };
}

export interface Place {
  readonly accountId: string;
  readonly region: string;
}

/** Takes the data of a snapshot that has begun; it is `failed` where that does not succeed. */
export async function take(ctx: ServiceContext, place: Place, snapshot: SnapshotDocument): Promise<boolean> {
  const work = () => ctx.databases.snapshot(snapshot.instance.resourceId, snapshot.id);
  if (!(await finish(ctx, place, snapshot, work))) return false;
  const event = snapshot.type === "manual" ? "RDS-EVENT-0042" : "RDS-EVENT-0091";
  await recordSnapshotEvent(ctx, place, snapshot.name, event);
  const { identifier: name } = snapshot.instance;
  await recordEvent(ctx, { ...place, type: "db-instance", name }, "RDS-EVENT-0002");
  return true;
}

export function placeOf(row: DbInstanceRow): Place {
  return { accountId: row.account_id, region: row.region };
}

/** Does what a snapshot waits for, and writes down how it ended. */
export function finish(
  ctx: ServiceContext,
  place: Place,
  snapshot: SnapshotDocument,
  work: () => Promise<void>,
): Promise<boolean> {
  return finishSnapshot(ctx, { place, family: snapshotFamily, snapshot }, work);
}

/** `finish` for snapshots of every kind. */
export async function finishSnapshot<Snapshot extends StoredSnapshot>(
  ctx: ServiceContext,
  { place, family, snapshot }: { place: Place; family: NamedFamily<Snapshot>; snapshot: Snapshot },
  work: () => Promise<void>,
): Promise<boolean> {
  let status: StoredSnapshot["status"] = "available";
  try {
    await work();
  } catch (error) {
    ctx.log.error({ err: error, snapshot: snapshot.name }, "a database snapshot was not taken");
    status = "failed";
  }
  await updateNamed({ db: ctx.db, accountId: place.accountId, region: place.region }, family, snapshot.name, {
    ...snapshot,
    ...{ status, finished: ctx.now().toISOString() },
  });
  return status === "available";
}

/**
 * A snapshot of the caller's, by name or, of whatever region, by ARN; by ARN also one that another account shares with him.
 * Undefined where there is none.
 */
export async function findReadable<Snapshot extends StoredSnapshot>(
  ctx: Place & Pick<ServiceContext, "db">,
  family: NamedFamily<Snapshot>,
  identifier: string,
): Promise<(Place & { readonly snapshot: Snapshot }) | undefined> {
  const { accountId, region } = placeInArn(identifier) ?? ctx;
  const place = { db: ctx.db, accountId, region };
  const snapshot = await findNamed(place, family, nameOf(place, family, identifier));
  const isHis = accountId === ctx.accountId || snapshot?.restore.some((one) => one === ctx.accountId || one === "all");
  return snapshot !== undefined && isHis ? { accountId, region, snapshot } : undefined;
}

/** `findReadable`, of the caller's region alone: snapshots are restored where they are. */
export async function findRestorable<Snapshot extends StoredSnapshot>(
  ctx: Place & Pick<ServiceContext, "db">,
  family: NamedFamily<Snapshot>,
  identifier: string,
): Promise<Snapshot | undefined> {
  const found = await findReadable(ctx, family, identifier);
  return found?.region === ctx.region ? found.snapshot : undefined;
}

/** Who may restore a snapshot after a request. @throws InvalidParameterValue, SharedSnapshotQuotaExceeded */
export function restoreAttributeAfter(
  { restore }: StoredSnapshot,
  { AttributeName, ValuesToAdd = [], ValuesToRemove = [] }: AttributeChange,
): string[] {
  if (AttributeName !== "restore") throw invalidParameterValue(`Invalid attribute name: ${AttributeName ?? ""}`);
  const wrong = [...ValuesToAdd, ...ValuesToRemove].find((value) => value !== "all" && !/^\d{12}$/.test(value));
  if (wrong !== undefined) throw invalidParameterValue(`Invalid account id: ${wrong}`);
  const after = [...new Set([...restore.filter((value) => !ValuesToRemove.includes(value)), ...ValuesToAdd])].sort();
  if (after.filter((value) => value !== "all").length > mostSnapshotShares) {
    throw sharedSnapshotQuotaExceeded(mostSnapshotShares);
  }
  return after;
}

type AttributeChange = Pick<ModifyDBSnapshotAttributeMessage, "AttributeName" | "ValuesToAdd" | "ValuesToRemove">;

export function newSnapshotId(ctx: Pick<ServiceContext, "randomBytes">): string {
  return `snap-${ctx.randomBytes(12).toString("hex")}`;
}
