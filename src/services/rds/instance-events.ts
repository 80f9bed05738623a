import type { PendingModifiedValues } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import type { DbInstanceRow } from "./db-instance-rows.ts";
import type { EventId } from "./event-catalogue.ts";
import { recordInstanceEvent } from "./event-log.ts";

interface Announcement {
  readonly started?: EventId;
  readonly finished: EventId;
}

/** What is said of values that are put in force, before and after. */
export function modificationEvents(before: DbInstanceDocument, values: PendingModifiedValues): Announcement[] {
  const { DBInstanceClass, AllocatedStorage, MultiAZ, BackupRetentionPeriod, EngineVersion } = values;
  const announcements: (Announcement | false)[] = [
    DBInstanceClass !== undefined && { started: "RDS-EVENT-0012", finished: "RDS-EVENT-0014" },
    AllocatedStorage !== undefined && { started: "RDS-EVENT-0018", finished: "RDS-EVENT-0017" },
    MultiAZ === true && { started: "RDS-EVENT-0024", finished: "RDS-EVENT-0025" },
    MultiAZ === false && { started: "RDS-EVENT-0030", finished: "RDS-EVENT-0029" },
    BackupRetentionPeriod === 0 && { finished: "RDS-EVENT-0028" },
    (BackupRetentionPeriod ?? 0) > 0 && before.BackupRetentionPeriod === 0 && { finished: "RDS-EVENT-0032" },
    EngineVersion !== undefined && { finished: "RDS-EVENT-0047" },
  ];
  return announcements.filter((one) => one !== false);
}

/** What is said of an instance that came into a state in which it is of no use. */
export async function recordProblem(
  ctx: ServiceContext,
  row: DbInstanceRow,
  status: "incompatible-parameters" | "incompatible-network" | "failed",
  error: unknown,
): Promise<void> {
  const ids = {
    "incompatible-parameters": "RDS-EVENT-0035",
    "incompatible-network": "RDS-EVENT-0036",
    failed: "RDS-EVENT-0031",
  } as const;
  await recordInstanceEvent(ctx, row, ids[status], status, wordsOf(error));
}

export const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
