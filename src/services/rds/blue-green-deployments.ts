import type * as Rds from "@aws-sdk/client-rds";
import type { CreateBlueGreenDeploymentRequest } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { withoutBlanks } from "./blanks.ts";
import { deleteDeployment, provision, switchOver } from "./blue-green-work.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { create } from "./db-instance-creation.ts";
import { arnOf, type DbInstanceRow, deleteRow, readDocument } from "./db-instance-rows.ts";
import { insertRow, requireDbInstance } from "./db-instances.ts";
import { resolveEngineVersion, upgradesOf } from "./engine-versions.ts";
import { engineOf, majorOf } from "./engines.ts";
import {
  blueGreenDeploymentAlreadyExists,
  blueGreenDeploymentNotFound,
  dbInstanceNotFound,
  invalidBlueGreenDeploymentState,
  invalidParameterCombination,
  invalidParameterValue,
  notEmulated,
  sourceDatabaseNotSupported,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { findNamed, insertNamedWith, listNamed, tagsOfNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import { withDefaultsOf } from "./pending-changes.ts";
import { replicaDocument, requireSource } from "./read-replicas.ts";
import { linkReplica, replicasOf, sourceNameOf } from "./replica-links.ts";
import {
  type BlueGreenDocument,
  blueGreenFamily,
  changeDeployment,
  toBlueGreenDeployment,
} from "./stored-blue-green.ts";
import { readTags, requireTags } from "./tags.ts";

export const blueGreenDeployments = {
  async CreateBlueGreenDeployment(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireName(input.BlueGreenDeploymentName ?? "");
    const blue = await requireBlue(ctx, input.Source ?? "");
    const engineVersion = requireVersion(ctx, blue, input.TargetEngineVersion);
    const document = await greenDocument(ctx, blue, engineVersion, input);
    const given = requireTags(input.Tags ?? []);
    const tags = (await readTags(ctx.db, [arnOf(blue)])).get(arnOf(blue)) ?? [];
    await refuseName(ctx, name);
    const identifier = `${blue.db_instance_identifier.slice(0, 50)}-green-${random(ctx, 6)}`;
    const engine = engineOf(blue);
    const port = { like: blue.port };
    const green = await insertRow(ctx, { identifier, engine, engineVersion, document, port }, tags);
    const deployment: BlueGreenDocument = {
      ...{ id: `bgd-${random(ctx, 16)}`, name, status: "PROVISIONING", created: ctx.now().toISOString() },
      source: { id: blue.dbi_resource_id, arn: arnOf(blue) },
      target: { id: green.dbi_resource_id, arn: arnOf(green) },
      isUpgrade: engineVersion !== blue.engine_version,
    };
    const { accountId, region } = ctx;
    const inserted = ctx.db.transaction().execute(async (db) => {
      const place = { db, accountId, region };
      await refuseName(place, name);
      await insertNamedWith(place, blueGreenFamily, { name: deployment.id, document: deployment, tags: given });
    });
    await inserted.catch(async (error: unknown) => {
      await deleteRow(ctx, green);
      throw error;
    });
    await linkReplica(ctx, blue, identifier);
    create(ctx, green, { replicaOf: blue.dbi_resource_id });
    provision(ctx, { accountId, region }, deployment);
    return { BlueGreenDeployment: await toBlueGreenDeployment(ctx, deployment, given) };
  },

  async DescribeBlueGreenDeployments(ctx, input) {
    const filters = filterValues(input.Filters, [
      ...(["blue-green-deployment-identifier", "blue-green-deployment-name", "source", "target"] as const),
    ]);
    const one = input.BlueGreenDeploymentIdentifier && (await requireDeployment(ctx, input));
    const stored = one ? [one] : (await listNamed(ctx, blueGreenFamily)).map(({ document }) => document);
    const tags = await tagsOfNamed(
      ctx,
      "deployment",
      stored.map(({ id }) => id),
    );
    const all = await Promise.all(
      stored.map((deployment) => toBlueGreenDeployment(ctx, deployment, tags(deployment.id))),
    );
    const found = all.filter((deployment) => {
      const facts = {
        "blue-green-deployment-identifier": deployment.BlueGreenDeploymentIdentifier,
        "blue-green-deployment-name": deployment.BlueGreenDeploymentName,
        source: deployment.Source,
        target: deployment.Target,
      };
      return filters.every(({ name, values }) => values.some((value) => facts[name] === value));
    });
    const request = { ...input, kind: "blue-green-deployments" };
    const { items, marker } = page(found, request, (deployment) => deployment.BlueGreenDeploymentIdentifier ?? "");
    return { BlueGreenDeployments: items, Marker: marker };
  },

  async SwitchoverBlueGreenDeployment(ctx, input) {
    const { id, status } = await requireDeployment(ctx, input);
    const seconds = input.SwitchoverTimeout ?? 300;
    if (seconds < 30)
      throw invalidParameterValue(`Invalid value ${seconds} for SwitchoverTimeout. Must be at least 30.`);
    const from = ["AVAILABLE", "SWITCHOVER_FAILED"] as const;
    const begun = await changeDeployment(ctx, ctx, id, from, { status: "SWITCHOVER_IN_PROGRESS", exchanged: false });
    if (begun === undefined) {
      throw invalidBlueGreenDeploymentState(`The blue/green deployment ${id} is ${status}: it can't be switched over.`);
    }
    await switchOver(ctx, { accountId: ctx.accountId, region: ctx.region }, begun, seconds).catch(async (error) => {
      await changeDeployment(ctx, ctx, id, ["SWITCHOVER_IN_PROGRESS"], { status: "AVAILABLE" });
      throw error;
    });
    return { BlueGreenDeployment: await describe(ctx, begun) };
  },

  async DeleteBlueGreenDeployment(ctx, input) {
    const { id, status } = await requireDeployment(ctx, input);
    const { DeleteTarget = false } = input;
    if (DeleteTarget && status === "SWITCHOVER_COMPLETED") {
      throw invalidParameterCombination(
        "You can't specify DeleteTarget if the blue/green deployment status is SWITCHOVER_COMPLETED.",
      );
    }
    const from = [
      "AVAILABLE",
      "SWITCHOVER_COMPLETED",
      "SWITCHOVER_FAILED",
      "INVALID_CONFIGURATION",
      "PROVISIONING",
    ] as const;
    const deleting = await changeDeployment(ctx, ctx, id, from, { status: "DELETING" });
    if (deleting === undefined) {
      throw invalidBlueGreenDeploymentState(`The blue/green deployment ${id} is ${status}: it can't be deleted.`);
    }
    const BlueGreenDeployment = { ...(await describe(ctx, deleting)), DeleteTime: ctx.now() };
    const wasSwitchedOver = status === "SWITCHOVER_COMPLETED";
    await deleteDeployment(ctx, { accountId: ctx.accountId, region: ctx.region }, deleting, {
      green: wasSwitchedOver ? "stays" : DeleteTarget ? "deleted" : "promoted",
    });
    return { BlueGreenDeployment };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireDeployment(
  ctx: Context,
  { BlueGreenDeploymentIdentifier: id = "" }: { readonly BlueGreenDeploymentIdentifier?: string | undefined },
): Promise<BlueGreenDocument> {
  const found = await findNamed(ctx, blueGreenFamily, id);
  if (found === undefined) throw blueGreenDeploymentNotFound(id);
  return found;
}

async function describe(ctx: Context, deployment: BlueGreenDocument) {
  const tags = await tagsOfNamed(ctx, "deployment", [deployment.id]);
  return await toBlueGreenDeployment(ctx, deployment, tags(deployment.id));
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateBlueGreenDeployment.html */
function requireName(name: string): string {
  if (/^[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*$/.test(name) && name.length <= 60) return name;
  throw invalidParameterValue(
    "The parameter BlueGreenDeploymentName is not a valid identifier. It must begin with a letter; must contain only ASCII " +
      "letters, digits, and hyphens, 60 at most; and must not end with a hyphen or contain two consecutive hyphens.",
  );
}

async function refuseName(ctx: Pick<Context, "db" | "accountId" | "region">, name: string): Promise<void> {
  const deployments = await listNamed(ctx, blueGreenFamily);
  if (deployments.some(({ document }) => document.name === name)) throw blueGreenDeploymentAlreadyExists(name);
}

/** @throws DBInstanceNotFound, SourceDatabaseNotSupported, InvalidDBInstanceState */
async function requireBlue(ctx: Context, arn: string): Promise<DbInstanceRow> {
  const resource = parseRdsArn(ctx, arn);
  if (resource?.type === "cluster") throw notEmulated("A blue/green deployment of a cluster");
  if (resource?.type !== "db") throw dbInstanceNotFound(arn);
  const row = await requireDbInstance(ctx, arn);
  if (isMember(row)) throw sourceDatabaseNotSupported(`${row.db_instance_identifier} is a member of a cluster.`);
  if (sourceNameOf(row) !== undefined) {
    throw sourceDatabaseNotSupported(`${row.db_instance_identifier} is a read replica.`);
  }
  if (readDocument(row).IAMDatabaseAuthenticationEnabled === true) {
    throw notEmulated("A blue/green deployment of an instance with IAM database authentication");
  }
  if ((await replicasOf(ctx, row)).length > 0) {
    throw notEmulated("A blue/green deployment of an instance with read replicas");
  }
  return await requireSource(ctx, { SourceDBInstanceIdentifier: arn });
}

/** Green follows blue's files, so it is of its major version: only states can be of another. */
function requireVersion(ctx: Context, blue: DbInstanceRow, asked: string | undefined): string {
  const { engine_version: current } = blue;
  if (asked === undefined || `${current}.`.startsWith(`${asked}.`)) return current;
  const engine = engineOf(blue);
  const target = resolveEngineVersion(ctx, asked, engine);
  if (!upgradesOf(ctx, engine, current).includes(target)) {
    throw invalidParameterCombination(`Cannot find upgrade path from ${current} to ${asked}.`);
  }
  if (ctx.databases.kind !== "records" && majorOf(target) !== majorOf(current)) {
    throw notEmulated("A blue/green deployment with another major engine version");
  }
  return target;
}

/** As blue, but for what the request says. */
async function greenDocument(
  ctx: Context,
  blue: DbInstanceRow,
  engineVersion: string,
  input: CreateBlueGreenDeploymentRequest,
) {
  const before = readDocument(blue);
  const { engine, engine_version: current } = blue;
  const isMajor = majorOf(engineVersion, engine) !== majorOf(current, engine);
  const document = isMajor ? { ...before, ...withDefaultsOf(before, engineVersion, engine) } : before;
  const [group] = document.DBParameterGroups ?? [];
  const { MultiAZ, CopyTagsToSnapshot, MonitoringInterval, MaxAllocatedStorage, DeletionProtection } = before;
  const kept = { MultiAZ, CopyTagsToSnapshot, MonitoringInterval, MaxAllocatedStorage, DeletionProtection };
  const request = {
    ...{ DBInstanceIdentifier: undefined, SourceDBInstanceIdentifier: blue.db_instance_identifier, ...kept },
    ...{ DBInstanceClass: input.TargetDBInstanceClass, AllocatedStorage: input.TargetAllocatedStorage },
    ...{
      StorageType: input.TargetStorageType,
      Iops: input.TargetIops,
      StorageThroughput: input.TargetStorageThroughput,
    },
    VpcSecurityGroupIds: before.VpcSecurityGroups?.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId),
    DBParameterGroupName: input.TargetDBParameterGroupName ?? group?.DBParameterGroupName,
  };
  const source = { ...blue, engine_version: engineVersion };
  return {
    ...(await replicaDocument(ctx, source, withoutUndefined(request))),
    // In force when it is no replica any more.
    BackupRetentionPeriod: before.BackupRetentionPeriod,
    ...(isMajor && { OptionGroupMemberships: document.OptionGroupMemberships }),
  };
}

/** The members that a request has. */
function withoutUndefined<Request extends object>(request: Request): Request {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as Request;
}

function random(ctx: Context, length: number): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return Array.from(ctx.randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}
