import type { BlueGreenDeployment, BlueGreenDeploymentTask } from "@aws-sdk/client-rds";
import type { Tag } from "../../aws/tags.ts";
import type { ServiceContext } from "../service-context.ts";
import { arnOfCluster, findClusterById } from "./db-cluster-rows.ts";
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

/** Instances by their `db-…`, clusters by their `cluster-…`: a switchover gives them other names. */
export interface Side {
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
  /** Of clusters: their members. */
  readonly members?: readonly { readonly source: Side; readonly target: Side }[];
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
  const { id, name, status, details, created, members = [] } = deployment;
  const pairs = await Promise.all(
    [deployment, ...members].map(async ({ source, target }) => {
      const [blue, green] = await Promise.all([arnOfSide(ctx, source), arnOfSide(ctx, target)]);
      const SourceMember = blue ?? source.arn;
      const TargetMember = green ?? target.arn;
      const Status = blue === undefined ? "MISSING_SOURCE" : green === undefined ? "MISSING_TARGET" : status;
      return { SourceMember, TargetMember, Status };
    }),
  );
  const [first] = pairs;
  return {
    ...{ BlueGreenDeploymentIdentifier: id, BlueGreenDeploymentName: name, Status: status },
    ...{ Source: first?.SourceMember, Target: first?.TargetMember },
    SwitchoverDetails: pairs,
    Tasks: tasksOf(deployment),
    ...(details !== undefined && { StatusDetails: details }),
    CreateTime: new Date(created),
    TagList,
  };
}

/** Undefined where it is gone. */
async function arnOfSide(ctx: Pick<ServiceContext, "db">, { id }: Side): Promise<string | undefined> {
  if (isCluster(id)) {
    const cluster = await findClusterById(ctx, id);
    return cluster && arnOfCluster(cluster);
  }
  const row = await refreshedById(ctx, id);
  return row && arnOf(row);
}

export function isCluster(id: string): boolean {
  return id.startsWith("cluster-");
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
