import type { ServiceContext } from "../service-context.ts";
import type { ClusterDocument } from "./db-cluster-rows.ts";
import type { AuroraEngine } from "./engines.ts";
import { globalClusterAlreadyExists, globalClusterNotFound } from "./errors.ts";
import type { NamedFamily } from "./named-resources.ts";

/** Of no region: its rows have an empty one, and so do its ARNs. */
export interface GlobalClusterDocument {
  readonly name: string;
  /** `cluster-…`. */
  readonly resourceId: string;
  /** `aurora-postgresql`, where none is said. */
  readonly engine?: AuroraEngine;
  readonly engineVersion: string;
  readonly deletionProtection: boolean;
  readonly storageEncrypted: boolean;
  readonly lifecycleSupport: string;
  readonly databaseName?: string;
  /** The resource id of the cluster that writes: its only member here. */
  readonly writer?: string;
}

export const globalClusterFamily: NamedFamily<GlobalClusterDocument> = {
  kind: "global-cluster",
  notFound: globalClusterNotFound,
  alreadyExists: globalClusterAlreadyExists,
};

export function everywhere({ db, accountId }: Pick<ServiceContext, "db"> & { readonly accountId: string }) {
  return { db, accountId, region: "" };
}

/** The global cluster that a cluster is a member of. */
export async function globalClusterOf(
  { db }: Pick<ServiceContext, "db">,
  { accountId, resourceId }: ClusterDocument,
): Promise<GlobalClusterDocument | undefined> {
  const rows = await db
    .selectFrom("rds_resources")
    .select("document")
    .where("account_id", "=", accountId)
    .where("kind", "=", "global-cluster")
    .execute();
  return rows
    .map(({ document }) => JSON.parse(document) as GlobalClusterDocument)
    .find(({ writer }) => writer === resourceId);
}
