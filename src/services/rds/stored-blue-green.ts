import type { BlueGreenDeployment, BlueGreenDeploymentTask } from "@aws-sdk/client-rds";
import type { Tag } from "../../aws/tags.ts";
import type { ServiceContext } from "../service-context.ts";
import { arnOf, refreshedById } from "./db-instance-rows.ts";
import { blueGreenDeploymentAlreadyExists, blueGreenDeploymentNotFound } from "./errors.ts";
import { changeNamed, type NamedFamily } from "./named-resources.ts";
import type { Place } from "./stored-snapshots.ts";

export type BlueGreenStatus =
  | "PROVISIONING"
  | "AVAILABLE"
  | "SWITCHOVER_IN_PROGRESS"
  | "SWITCHOVER_COMPLETED"
  | "SWITCHOVER_FAILED"
  | "INVALID_CONFIGURATION"
  | "DELETING";

/** The instances by their `db-…`: a switchover gives them other names. */
interface Side {
  readonly id: string;
  /** The last that is known of it. */
  readonly arn: string;
}

export interface BlueGreenDocument {
  /** `bgd-…` */
  readonly id: string;
  readonly name: string;
  readonly status: BlueGreenStatus;
  readonly details?: string;
  /** ISO 8601. */
  readonly created: string;
  /** Blue: what is in production until the switchover. */
  readonly source: Side;
  /** Green. */
  readonly target: Side;
  readonly isUpgrade: boolean;
  /** During a switchover: whether the instances have each other's names and ports by now. */
  readonly exchanged?: boolean;
}

export const blueGreenFamily: NamedFamily<BlueGreenDocument> = {
  kind: "deployment",
  notFound: blueGreenDeploymentNotFound,
  alreadyExists: blueGreenDeploymentAlreadyExists,
};

/** Changes a deployment that is in one of the states `from`; undefined where it is not. */
export function changeDeployment(
  { db }: Pick<ServiceContext, "db">,
  { accountId, region }: Place,
  id: string,
  from: readonly BlueGreenStatus[],
  change: Partial<BlueGreenDocument>,
): Promise<BlueGreenDocument | undefined> {
  return changeNamed({ db, accountId, region }, blueGreenFamily, id, (deployment) =>
    from.includes(deployment.status) ? { ...deployment, ...change } : undefined,
  );
}

/** The only bridge to the SDK's shape. */
export async function toBlueGreenDeployment(
  ctx: Pick<ServiceContext, "db">,
  deployment: BlueGreenDocument,
  TagList: Tag[],
): Promise<BlueGreenDeployment> {
  const { id, name, status, details, created, source, target } = deployment;
  const [blue, green] = await Promise.all([refreshedById(ctx, source.id), refreshedById(ctx, target.id)]);
  const [Source, Target] = [blue ? arnOf(blue) : source.arn, green ? arnOf(green) : target.arn];
  const member = blue === undefined ? "MISSING_SOURCE" : green === undefined ? "MISSING_TARGET" : status;
  return {
    ...{ BlueGreenDeploymentIdentifier: id, BlueGreenDeploymentName: name, Source, Target, Status: status },
    SwitchoverDetails: [{ SourceMember: Source, TargetMember: Target, Status: member }],
    Tasks: tasksOf(deployment),
    ...(details !== undefined && { StatusDetails: details }),
    CreateTime: new Date(created),
    TagList,
  };
}

function tasksOf({ status, isUpgrade }: BlueGreenDocument): BlueGreenDeploymentTask[] {
  const names = [
    "CREATING_READ_REPLICA_OF_SOURCE",
    ...(isUpgrade ? ["DB_ENGINE_VERSION_UPGRADE"] : []),
    "CONFIGURE_BACKUPS",
  ];
  const isUnderWay = status === "PROVISIONING";
  return names.map((Name, index) => {
    if (status === "INVALID_CONFIGURATION") return { Name, Status: "FAILED" };
    return { Name, Status: isUnderWay ? (index === 0 ? "IN_PROGRESS" : "PENDING") : "COMPLETED" };
  });
}
