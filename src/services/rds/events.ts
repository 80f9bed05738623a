import type * as Rds from "@aws-sdk/client-rds";
import type { DescribeEventsMessage, SourceType } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { rdsArn } from "./arns.ts";
import { withoutBlanks } from "./blanks.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { categoriesOf, eventMessages, eventSources } from "./event-catalogue.ts";
import { eventMilliseconds } from "./event-log.ts";
import { page } from "./pages.ts";

/** Minutes that DescribeEvents goes back, unless it is told otherwise. */
const standardDuration = 60;

export const events = {
  async DescribeEvents(ctx, request) {
    const input = withoutBlanks(request);
    const { SourceIdentifier, SourceType, EventCategories = [] } = input;
    if (SourceIdentifier !== undefined && SourceType === undefined) {
      throw invalidParameterCombination("SourceType must be specified when SourceIdentifier is specified.");
    }
    if (SourceType !== undefined) requireSourceType(SourceType);
    const { from, to } = resolvePeriod(ctx, input);
    let query = ctx.db
      .selectFrom("rds_events")
      .selectAll()
      .where("account_id", "=", ctx.accountId)
      .where("region", "=", ctx.region)
      .where("time", ">=", from.toISOString())
      .where("time", "<=", to.toISOString())
      .orderBy("id");
    if (SourceType !== undefined) query = query.where("source_type", "=", SourceType);
    if (SourceIdentifier !== undefined) query = query.where("source_identifier", "=", SourceIdentifier.toLowerCase());
    if (EventCategories.length > 0) {
      const ids = Object.keys(eventMessages).filter((id) =>
        categoriesOf(id).some((category) => EventCategories.includes(category)),
      );
      query = query.where("event_id", "in", ids);
    }
    const { items, marker } = page(await query.execute(), { ...input, kind: "events" }, ({ id }) => sortable(id));
    return {
      Events: items.map((row) => ({
        SourceIdentifier: row.source_identifier,
        SourceType: row.source_type as SourceType,
        Message: row.message,
        EventCategories: categoriesOf(row.event_id),
        Date: new Date(row.time),
        SourceArn: rdsArn(ctx, eventSources[row.source_type as SourceType]?.arnKind ?? "", row.source_identifier),
      })),
      Marker: marker,
    };
  },

  DescribeEventCategories(_ctx, input) {
    if (input.SourceType) requireSourceType(input.SourceType);
    const sources = Object.entries(eventSources).filter(([type]) => !input.SourceType || type === input.SourceType);
    return {
      EventCategoriesMapList: sources.map(([SourceType, { categories }]) => ({
        SourceType,
        EventCategories: [...categories],
      })),
    };
  },
} satisfies Operations<typeof Rds, Context>;

/** As RDS names them, those among them that have no events here. */
const validSourceTypes = [
  ...["db-instance", "db-security-group", "db-parameter-group", "db-snapshot", "db-cluster", "db-cluster-snapshot"],
  ...["custom-engine-version", "db-proxy", "blue-green-deployment", "db-shard-group", "zero-etl"],
];

/** @throws InvalidParameterValue */
export function requireSourceType(type: string): SourceType {
  if (!Object.hasOwn(eventSources, type)) {
    const valid = validSourceTypes.map((one) => `'${one}'`).join(", ");
    throw invalidParameterValue(`Invalid event source type. Valid types are ${valid}`);
  }
  return type as SourceType;
}

function resolvePeriod(ctx: Context, { StartTime, EndTime, Duration }: DescribeEventsMessage) {
  const minutes = (Duration ?? standardDuration) * 60_000;
  const mostMinutes = eventMilliseconds / 60_000;
  if (Duration !== undefined && (Duration < 0 || Duration > mostMinutes)) {
    throw invalidParameterValue(`Invalid duration: ${Duration}. It must be between 0 and ${mostMinutes} minutes.`);
  }
  const untilDuration = StartTime && Duration !== undefined ? new Date(StartTime.getTime() + minutes) : ctx.now();
  const to = EndTime ?? untilDuration;
  const from = StartTime ?? new Date(to.getTime() - minutes);
  if (from > to) throw invalidParameterCombination("The start time must not be later than the end time.");
  return { from, to };
}

/** In the order of the numbers. */
function sortable(id: number): string {
  return String(id).padStart(16, "0");
}
