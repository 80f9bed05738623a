import type { NetworkInterface, Subnet } from "@aws-sdk/client-ec2";
import type { Kysely } from "kysely";
import { AwsError } from "../../aws/aws-error.ts";
import type { Database } from "../../db/database.ts";
import { isSettled, watchRows } from "../../db/prepared-query.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { removeInterface } from "./interface-attachments.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { newServiceInterface } from "./new-interface.ts";
import { findResource, insertResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";

interface Place {
  /** `db-…` or `prx-…` */
  readonly databaseId: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly description: string;
}

/** What RDS writes of a DB proxy, as far as its interfaces go. */
interface ProxyPlaces {
  readonly id: string;
  readonly name: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** The regions whose interfaces agree with their databases, until any database changes. */
class Agreed {
  readonly regions = new Set<string>();
  changes = 0;
}

const agreedByDatabase = new WeakMap<Kysely<Database>, Agreed>();

/**
 * RDS keeps an interface in the subnet of each DB instance, and in those of each DB proxy, which holds the subnet and the security groups for as long
 * as they are there: docs/decisions/0133-interfaces-of-databases.md. Interfaces follow RDS's rows here whenever
 * somebody asks for what depends on them.
 */
export async function followDatabases(ctx: Scope): Promise<void> {
  const region = `${ctx.accountId} ${ctx.region}`;
  const agreed = agreedOf(ctx.db);
  if (agreed?.regions.has(region) === true) return;
  const changes = agreed?.changes;
  if (!(await isFollowed(ctx))) await follow(ctx);
  if (agreed?.changes === changes) agreed?.regions.add(region);
}

function agreedOf(db: Kysely<Database>): Agreed | undefined {
  const known = agreedByDatabase.get(db);
  if (known !== undefined || !isSettled(db)) return known;
  const agreed = new Agreed();
  for (const table of ["db_instances", "rds_resources"] as const) {
    watchRows(db, table, [], () => {
      agreed.changes++;
      agreed.regions.clear();
    });
  }
  agreedByDatabase.set(db, agreed);
  return agreed;
}

async function follow(ctx: Scope): Promise<void> {
  await inTransaction(ctx, async (scope) => {
    const places = await placesIn(scope);
    for (const there of await readInterfaces(scope)) {
      const place = places.find((one) => isAt(there, one));
      if (place === undefined) await removeInterface(scope, there);
      else if (!hasGroups(there, place)) {
        there.Groups = await groupsOf(scope, place);
        await updateResource(scope, networkInterfaces, there);
      }
    }
    const left = await readInterfaces(scope);
    for (const place of places) if (!left.some((one) => isAt(one, place))) await addInterface(scope, place);
  });
}

async function isFollowed(scope: Scope): Promise<boolean> {
  const places = await placesIn(scope);
  const there = await readInterfaces(scope);
  return (
    there.length === places.length &&
    places.every((place) => there.some((one) => isAt(one, place) && hasGroups(one, place)))
  );
}

async function placesIn(scope: Scope): Promise<Place[]> {
  return [...(await placesOfDatabases(scope)), ...(await placesOfProxies(scope))];
}

/** A proxy has one in each of its subnets. */
async function placesOfProxies(scope: Scope): Promise<Place[]> {
  const rows = await scope.db
    .selectFrom("rds_resources")
    .select("document")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("kind", "=", "db-proxy")
    .execute();
  return rows.flatMap(({ document }) => {
    const { id, name, subnetIds, securityGroupIds } = JSON.parse(document) as ProxyPlaces;
    const description = `Network interface for DBProxy ${name}`;
    return subnetIds.map((subnetId) => ({ databaseId: id, subnetId, groupIds: securityGroupIds, description }));
  });
}

async function placesOfDatabases(scope: Scope): Promise<Place[]> {
  const rows = await scope.db
    .selectFrom("db_instances")
    .select(["dbi_resource_id", "document"])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .execute();
  return rows.flatMap((row) => {
    // RDS writes its documents.
    const document = JSON.parse(row.document) as DbInstanceDocument;
    const groupIds = (document.VpcSecurityGroups ?? []).flatMap((one) => one.VpcSecurityGroupId ?? []);
    const shared = { databaseId: row.dbi_resource_id, groupIds, description: "RDSNetworkInterface" };
    return subnetsOf(document).map((subnetId) => ({ ...shared, subnetId }));
  });
}

/** One in the zone of the instance, and one in another for its standby. */
function subnetsOf({ AvailabilityZone, DBSubnetGroup, MultiAZ, ...rest }: DbInstanceDocument): string[] {
  const choices = DBSubnetGroup?.Subnets ?? [];
  const zoneOf = (one: (typeof choices)[number]) => one.SubnetAvailabilityZone?.Name;
  const first = choices.find((one) => zoneOf(one) === AvailabilityZone) ?? choices[0];
  const others = choices.filter((one) => first !== undefined && zoneOf(one) !== zoneOf(first));
  const standby = others.find((one) => zoneOf(one) === rest.SecondaryAvailabilityZone) ?? others[0];
  return [first, MultiAZ === true ? standby : undefined].flatMap((one) => one?.SubnetIdentifier ?? []);
}

/** Found by the column that holds the instance of others: what RDS has has other ids. */
async function readInterfaces(scope: Scope): Promise<StoredNetworkInterface[]> {
  const rows = await scope.db
    .selectFrom("ec2_network_interfaces")
    .select("id")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where((row) =>
      row.or(["db", "prx"].map((kind) => row("instance_id", ">=", `${kind}-`).and("instance_id", "<", `${kind}.`))),
    )
    .execute();
  return listResources(scope, networkInterfaces, { id: rows.map(({ id }) => id) });
}

function isAt({ DatabaseId, SubnetId }: StoredNetworkInterface, place: Place): boolean {
  return DatabaseId === place.databaseId && SubnetId === place.subnetId;
}

function hasGroups({ Groups = [] }: NetworkInterface, { groupIds }: Place): boolean {
  return Groups.length === groupIds.length && Groups.every(({ GroupId = "" }) => groupIds.includes(GroupId));
}

async function groupsOf(scope: Scope, { groupIds }: Place) {
  const found = await listResources(scope, securityGroups, { id: groupIds });
  return found.map(({ GroupId, GroupName }) => ({ GroupId, GroupName }));
}

/** A subnet that is gone or full has none: that is no reason to refuse a description. */
async function addInterface(scope: Scope, place: Place): Promise<void> {
  const subnet = await findResource(scope, subnets, place.subnetId);
  const addresses = subnet && (await freeAddress(scope, subnet));
  if (subnet === undefined || addresses === undefined) return;
  const made: StoredNetworkInterface = newServiceInterface(scope, {
    subnet,
    addresses,
    groups: await groupsOf(scope, place),
    description: place.description,
    requesterId: "amazon-rds",
  });
  made.Attachment = { ...made.Attachment, InstanceOwnerId: "amazon-rds" };
  made.DatabaseId = place.databaseId;
  await insertResource(scope, networkInterfaces, made);
}

async function freeAddress(scope: Scope, subnet: Subnet): Promise<string[] | undefined> {
  try {
    return chooseIpv4(subnet, await readSubnetUse(scope, subnets.idOf(subnet)), [], 1);
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}
