import type { ServiceContext } from "../service-context.ts";
import { rdsArn } from "./arns.ts";
import { invalidParameterValue } from "./errors.ts";
import type { NamedFamily } from "./named-resources.ts";
import { findReadable, type Place, type StoredSnapshot } from "./stored-snapshots.ts";

/** A snapshot as somebody sees it: his own ones by their names, those of other accounts by their ARNs. */
export interface SeenSnapshot<Snapshot extends StoredSnapshot> {
  readonly identifier: string;
  /** What RDS calls it there. */
  readonly type: SeenType;
  readonly owner: Place;
  readonly snapshot: Snapshot;
}

type SeenType = StoredSnapshot["type"] | "shared" | "public";

interface SnapshotsRequest {
  readonly SnapshotType?: string | undefined;
  readonly IncludeShared?: boolean | undefined;
  readonly IncludePublic?: boolean | undefined;
}

type Store = Place & Pick<ServiceContext, "db">;

/**
 * Those that a request for descriptions is for, in the order of their identifiers.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html @throws InvalidParameterValue
 */
export async function listSeen<Snapshot extends StoredSnapshot>(
  ctx: Store,
  family: NamedFamily<Snapshot>,
  request: SnapshotsRequest,
): Promise<SeenSnapshot<Snapshot>[]> {
  checkType(request);
  const rows = await ctx.db
    .selectFrom("rds_resources")
    .select(["account_id", "document"])
    .where("region", "=", ctx.region)
    .where("kind", "=", family.kind)
    .execute();
  const seen = rows.flatMap(({ account_id: accountId, document }) => {
    const snapshot: Snapshot = JSON.parse(document);
    return seenOf(ctx, family, { accountId, snapshot }, request) ?? [];
  });
  return seen.sort((one, other) => (one.identifier < other.identifier ? -1 : 1));
}

function checkType({ SnapshotType: asked }: SnapshotsRequest): void {
  if (asked && !["automated", "manual", "shared", "public", "awsbackup"].includes(asked)) {
    throw invalidParameterValue(`Invalid snapshot type: ${asked}`);
  }
}

/** Undefined where it is not what is asked for. */
function seenOf<Snapshot extends StoredSnapshot>(
  ctx: Store,
  family: NamedFamily<Snapshot>,
  { accountId, snapshot }: { readonly accountId: string; readonly snapshot: Snapshot },
  request: SnapshotsRequest,
): SeenSnapshot<Snapshot> | undefined {
  const owner = { accountId, region: ctx.region };
  const type = typeOf(snapshot, { owner: accountId, viewer: ctx.accountId }, request);
  if (type === undefined || (request.SnapshotType && type !== request.SnapshotType)) return undefined;
  const identifier = accountId === ctx.accountId ? snapshot.name : rdsArn(owner, family.kind, snapshot.name);
  return { identifier, type, owner, snapshot };
}

/** What a viewer sees a snapshot as; undefined where he does not see it, or does not ask for such. */
function typeOf(
  { type, restore }: StoredSnapshot,
  { owner, viewer }: { readonly owner: string; readonly viewer: string },
  { SnapshotType: asked, IncludeShared = false, IncludePublic = false }: SnapshotsRequest,
): SeenType | undefined {
  const isOwn = owner === viewer;
  if (isOwn && asked !== "public") return type;
  if (restore.includes("all") && (asked === "public" || IncludePublic)) return "public";
  return !isOwn && restore.includes(viewer) && (asked === "shared" || IncludeShared) ? "shared" : undefined;
}

/** `listSeen` of one, by name or ARN; none where that is not what is asked for. Undefined where there is no such snapshot. */
export async function findSeen<Snapshot extends StoredSnapshot>(
  ctx: Store,
  family: NamedFamily<Snapshot>,
  identifier: string,
  request: SnapshotsRequest,
): Promise<SeenSnapshot<Snapshot>[] | undefined> {
  const found = await findReadable(ctx, family, identifier);
  if (found === undefined || found.region !== ctx.region) return undefined;
  checkType(request);
  // Whoever names another's by its ARN asks for it.
  const all = found.accountId === ctx.accountId ? {} : { IncludeShared: true, IncludePublic: true };
  const seen = seenOf(ctx, family, found, { ...request, ...all });
  return seen === undefined ? [] : [seen];
}
