import { randomBytes } from "node:crypto";
import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  type DBInstance,
  DBInstanceNotFoundFault,
  DescribeDBInstancesCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { query } from "../../support/acceptance-database.ts";
import { eventually } from "../../support/eventually.ts";

export const masterPassword = "correct-horse-battery";

export function uniqueIdentifier(): string {
  return `db-${randomBytes(6).toString("hex")}`;
}

/** Windows that do not begin while tests run, but for a test that asks for its own. RDS's own choice may begin at any time from 03:00 to 11:00. */
export function quietWindows(changes: Partial<Windows>, now = new Date()): Partial<Windows> {
  if ("PreferredBackupWindow" in changes || "PreferredMaintenanceWindow" in changes) return {};
  const day = ["wed", "thu", "fri", "sat", "sun", "mon", "tue"][now.getUTCDay()];
  return {
    PreferredBackupWindow: now.getUTCHours() < 7 ? "10:30-11:00" : "03:00-03:30",
    PreferredMaintenanceWindow: `${day}:05:00-${day}:05:30`,
  };
}

type Windows = Pick<CreateDBInstanceCommandInput, "PreferredBackupWindow" | "PreferredMaintenanceWindow">;

/** A request that is right, but for what a test changes in it. */
export function validRequest(changes: Partial<CreateDBInstanceCommandInput> = {}): CreateDBInstanceCommandInput {
  return {
    DBInstanceIdentifier: uniqueIdentifier(),
    DBInstanceClass: "db.t3.micro",
    Engine: "postgres",
    AllocatedStorage: 20,
    MasterUsername: "master",
    MasterUserPassword: masterPassword,
    ...quietWindows(changes),
    ...changes,
  };
}

/** Creates an instance and waits until it is available. */
export async function createAvailable(
  rds: RDSClient,
  changes: Partial<CreateDBInstanceCommandInput> = {},
): Promise<DBInstance & { DBInstanceIdentifier: string; DBInstanceArn: string }> {
  const request = validRequest(changes);
  await rds.send(new CreateDBInstanceCommand(request));
  const instance = await untilStatus(rds, request.DBInstanceIdentifier, "available");
  return {
    ...instance,
    DBInstanceIdentifier: instance.DBInstanceIdentifier ?? "",
    DBInstanceArn: instance.DBInstanceArn ?? "",
  };
}

export async function describeInstance(rds: RDSClient, identifier: string | undefined): Promise<DBInstance> {
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }));
  const [instance] = DBInstances ?? [];
  if (instance === undefined) throw new Error(`${identifier} was not described`);
  return instance;
}

export function untilStatus(rds: RDSClient, identifier: string | undefined, status: string): Promise<DBInstance> {
  return eventually(`${identifier} becomes ${status}`, async () => {
    const instance = await describeInstance(rds, identifier);
    if (instance.DBInstanceStatus === status) return instance;
    if (instance.DBInstanceStatus === "failed") throw new Error(`${identifier} failed instead of becoming ${status}`);
    return undefined;
  });
}

export async function untilGone(rds: RDSClient, identifier: string | undefined): Promise<void> {
  await eventually(`${identifier} is deleted`, async () => {
    try {
      await describeInstance(rds, identifier);
      return false;
    } catch (error) {
      if (error instanceof DBInstanceNotFoundFault) return true;
      throw error;
    }
  });
}

/** Runs a statement in a real database that `createAvailable` made, or one with its data, as its master user. */
export function queryAsMaster(port: number | undefined, statement: string): Promise<unknown[]> {
  const server = { host: "localhost", port: port ?? 0, user: "master", password: masterPassword };
  return query({ ...server, database: "postgres" }, statement);
}
