import type { ConnectionPoolConfigurationInfo, UserAuthConfigInfo } from "@aws-sdk/client-rds";
import type { Tag } from "../../aws/tags.ts";
import { isPortFree } from "../../runtime/free-port.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import {
  dbProxyAlreadyExists,
  dbProxyEndpointAlreadyExists,
  dbProxyEndpointNotFound,
  dbProxyNotFound,
} from "./errors.ts";
import { insertNamedWith, listNamed, type NamedFamily } from "./named-resources.ts";
import { requireTags } from "./tags.ts";

/** What a client finds at an address of its own: a loopback address, at the port of its engine family. */
interface Listener {
  /** `prx-…` or `prx-endpoint-…`: the key of the row, the name in ARNs and that of the forward. */
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly address: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** ISO 8601. */
  readonly created: string;
}

export interface ProxyDocument extends Listener {
  readonly name: string;
  readonly engineFamily: string;
  /** Tokens end to end, for those users whom `auth` says nothing of. None: `NONE`. */
  readonly defaultAuthScheme?: "IAM_AUTH" | "NONE" | undefined;
  readonly auth: readonly UserAuthConfigInfo[];
  readonly roleArn: string;
  readonly requireTls: boolean;
  readonly idleClientTimeout: number;
  readonly debugLogging: boolean;
  readonly updated: string;
  /** False: another program has the port of its address, or this machine has no such address. */
  readonly listens: boolean;
  /** There is one, `default`. */
  readonly targetGroup: {
    readonly id: string;
    readonly pool: ConnectionPoolConfigurationInfo;
    readonly updated: string;
  };
  readonly target?: ProxyTarget | undefined;
}

export interface ProxyTarget {
  readonly type: "RDS_INSTANCE" | "TRACKED_CLUSTER";
  /** `db-…` or `cluster-…`. */
  readonly resourceId: string;
}

export interface ProxyEndpointDocument extends Listener {
  readonly name: string;
  readonly proxyId: string;
  readonly role: "READ_WRITE" | "READ_ONLY";
}

/** Where a client of the engine family looks for a proxy, which has no port of its own to say. */
const proxyPorts: Readonly<Record<string, number>> = { MYSQL: 3306, POSTGRESQL: 5432, SQLSERVER: 1433 };

export function proxyPort(engineFamily: string): number {
  return proxyPorts[engineFamily] ?? 5432;
}

const mostAddresses = 0xff00;
const mostTries = 50;

export const proxyFamily: NamedFamily<ProxyDocument> = {
  kind: "db-proxy",
  notFound: dbProxyNotFound,
  alreadyExists: dbProxyAlreadyExists,
};

export const proxyEndpointFamily: NamedFamily<ProxyEndpointDocument> = {
  kind: "db-proxy-endpoint",
  notFound: dbProxyEndpointNotFound,
  alreadyExists: dbProxyEndpointAlreadyExists,
};

type Place = Pick<ServiceContext, "db"> & { readonly accountId: string; readonly region: string };

/** In the order of their names. */
export async function listProxies(ctx: Place): Promise<ProxyDocument[]> {
  return (await listNamed(ctx, proxyFamily)).map(({ document }) => document).sort(byName);
}

export async function listProxyEndpoints(ctx: Place): Promise<ProxyEndpointDocument[]> {
  return (await listNamed(ctx, proxyEndpointFamily)).map(({ document }) => document).sort(byName);
}

/** @throws DBProxyNotFoundFault */
export async function requireProxy(ctx: Place, name = ""): Promise<ProxyDocument> {
  const found = (await listProxies(ctx)).find((proxy) => proxy.name === name.toLowerCase());
  if (found === undefined) throw dbProxyNotFound(name);
  return found;
}

/** Of all accounts and regions. */
export async function everyProxy({ db }: Pick<ServiceContext, "db">): Promise<ProxyDocument[]> {
  const rows = await db.selectFrom("rds_resources").select("document").where("kind", "=", "db-proxy").execute();
  return rows.map(({ document }) => JSON.parse(document) as ProxyDocument);
}

/**
 * Inserts a proxy or an endpoint at an address of its own, at the same moment as it is looked whether somebody else has its
 * name. @throws the family's AlreadyExists
 */
export async function insertListener<Document extends Listener & { readonly id: string; readonly name: string }>(
  ctx: Context,
  family: NamedFamily<Document>,
  listener: Omit<Document, "address">,
  { engineFamily, tags }: { readonly engineFamily: string; readonly tags: readonly Tag[] | undefined },
): Promise<Document> {
  const given = requireTags(tags ?? []);
  const { accountId, region } = ctx;
  for (;;) {
    const address = await findProxyAddress(ctx, engineFamily);
    // What was left out is what is added.
    const document = { ...listener, address } as Document;
    const isInserted = await ctx.db.transaction().execute(async (db) => {
      const others = await listNamed({ db, accountId, region }, family);
      if (others.some((other) => other.document.name === document.name)) throw family.alreadyExists(document.name);
      if ((await takenAddresses({ db })).has(address)) return false;
      await insertNamedWith({ db, accountId, region }, family, { name: document.id, document, tags: given });
      return true;
    });
    if (isInserted) return document;
  }
}

async function takenAddresses({ db }: Pick<ServiceContext, "db">): Promise<Set<string>> {
  const rows = await db
    .selectFrom("rds_resources")
    .select("document")
    .where("kind", "in", ["db-proxy", "db-proxy-endpoint"])
    .execute();
  return new Set(rows.map(({ document }) => (JSON.parse(document) as Listener).address));
}

/**
 * The first address that no proxy and no endpoint of one has, and at which no other program of this machine has the
 * family's port.
 * Where it seems that no address is free, it is the machine that has no such addresses.
 */
async function findProxyAddress(ctx: Pick<ServiceContext, "db">, engineFamily: string): Promise<string> {
  const taken = await takenAddresses(ctx);
  const untaken = Array.from({ length: mostAddresses }, (_, at) => `127.1.${(at + 1) >> 8}.${(at + 1) & 0xff}`).filter(
    (address) => !taken.has(address),
  );
  const [first] = untaken;
  if (first === undefined) throw new Error("There is no address left for a DB proxy.");
  const port = proxyPort(engineFamily);
  for (const address of untaken.slice(0, mostTries)) if (await isPortFree(address, port)) return address;
  return first;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
