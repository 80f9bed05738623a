import type { ServiceContext } from "../service-context.ts";
import type { EventId } from "./event-catalogue.ts";
import { recordEvent } from "./event-log.ts";
import { type BlueGreenDocument, isCluster } from "./stored-blue-green.ts";
import type { Place } from "./stored-snapshots.ts";

type Recorder = Pick<ServiceContext, "db" | "now">;

export async function recordDeploymentEvent(
  ctx: Recorder,
  { accountId, region }: Place,
  name: string,
  id: EventId,
  ...values: string[]
): Promise<void> {
  await recordEvent(ctx, { accountId, region, type: "blue-green-deployment", name }, id, ...values);
}

/** Of the whole, and of the clusters or the instances: `ids` are first those of instances, then those of clusters. */
const switchoverEvents = {
  started: { whole: "RDS-EVENT-0247", ids: ["RDS-EVENT-0250", "RDS-EVENT-0259"] },
  completed: { whole: "RDS-EVENT-0248", ids: ["RDS-EVENT-0251", "RDS-EVENT-0260"] },
  canceled: { whole: "RDS-EVENT-0249", ids: ["RDS-EVENT-0252", "RDS-EVENT-0261"] },
} as const;

/** @param deployment as it was before the switchover; `more`: what blue is called by then, or why there is none */
export async function recordSwitchover(
  ctx: Recorder,
  place: Place,
  { id, source, target }: BlueGreenDocument,
  what: keyof typeof switchoverEvents,
  more = "",
): Promise<void> {
  const [blue = "", green = ""] = [source.arn, target.arn].map((arn) => arn.split(":").at(-1));
  const { whole, ids } = switchoverEvents[what];
  const values = what === "completed" ? [blue, green, blue, more, green, blue] : [blue, green, more];
  const both = [whole, ids[isCluster(source.id) ? 1 : 0]] as const;
  // A switchover ends with that of the whole.
  for (const event of what === "started" ? both : both.toReversed()) {
    await recordDeploymentEvent(ctx, place, id, event, ...values);
  }
}
