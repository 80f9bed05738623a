import type { SourceType } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import type { DbInstanceRow } from "./db-instance-rows.ts";
import { type EventId, eventMessages } from "./event-catalogue.ts";

/** How long events are kept. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html */
export const eventMilliseconds = 14 * 24 * 60 * 60 * 1000;
/** However many there are in that time. */
const mostEvents = 10_000;

interface EventSource {
  readonly accountId: string;
  readonly region: string;
  readonly type: SourceType;
  readonly name: string;
}

/** Writes down what has happened; called when it has. `values` are those that the message has places for. */
export async function recordEvent(
  ctx: Pick<ServiceContext, "db" | "now">,
  source: EventSource,
  id: EventId,
  ...values: string[]
): Promise<void> {
  let at = 0;
  const now = ctx.now();
  const { id: newest } = await ctx.db
    .insertInto("rds_events")
    .values({
      account_id: source.accountId,
      region: source.region,
      time: now.toISOString(),
      event_id: id,
      source_type: source.type,
      source_identifier: source.name,
      message: eventMessages[id][1].replaceAll("{}", () => values[at++] ?? ""),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const oldest = new Date(now.getTime() - eventMilliseconds).toISOString();
  await ctx.db
    .deleteFrom("rds_events")
    .where((eb) => eb.or([eb("time", "<", oldest), eb("id", "<=", newest - mostEvents)]))
    .execute();
}

export async function recordInstanceEvent(
  ctx: ServiceContext,
  row: DbInstanceRow,
  id: EventId,
  ...values: string[]
): Promise<void> {
  const { account_id: accountId, region, db_instance_identifier: name } = row;
  await recordEvent(ctx, { accountId, region, type: "db-instance", name }, id, ...values);
}

export async function recordClusterEvent(
  ctx: Pick<ServiceContext, "db" | "now">,
  { accountId, region, name }: Omit<EventSource, "type">,
  id: EventId,
  ...values: string[]
): Promise<void> {
  await recordEvent(ctx, { accountId, region, type: "db-cluster", name }, id, ...values);
}

export async function recordSnapshotEvent(
  ctx: Pick<ServiceContext, "db" | "now">,
  { accountId, region }: Pick<EventSource, "accountId" | "region">,
  name: string,
  id: EventId,
  ...values: string[]
): Promise<void> {
  await recordEvent(ctx, { accountId, region, type: "db-snapshot", name }, id, ...values);
}

export async function recordProxyEvent(
  ctx: Pick<ServiceContext, "db" | "now">,
  { accountId, region }: Pick<EventSource, "accountId" | "region">,
  name: string,
  id: EventId,
  ...values: string[]
): Promise<void> {
  await recordEvent(ctx, { accountId, region, type: "db-proxy", name }, id, ...values);
}
