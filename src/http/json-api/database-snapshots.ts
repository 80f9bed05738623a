import type { DBSnapshot } from "@aws-sdk/client-rds";
import { z } from "zod";
import { database, toDatabase } from "./databases.ts";
import { type Route, route } from "./route.ts";
import { dateTime, fromTags, isoTime, named, nextToken, pageQuery, tagsSchema, toTags } from "./schemas.ts";

const snapshot = named(
  "DatabaseSnapshot",
  z.strictObject({
    id: z.string(),
    db_instance_id: z.string().describe("The database that it was taken of, which may be gone."),
    status: z.string().describe("`creating`, `available`, `copying`, `failed`"),
    type: z.string().describe("`manual` or `automated`"),
    engine: z.string(),
    engine_version: z.string(),
    allocated_storage: z.int().describe("GiB."),
    username: z.string(),
    creation_date: dateTime.nullable(),
    arn: z.string(),
    tags: tagsSchema,
  }),
);

const snapshotList = named(
  "DatabaseSnapshotList",
  z.strictObject({ db_snapshots: z.array(snapshot), next_token: nextToken }),
);

const newSnapshot = named(
  "NewDatabaseSnapshot",
  z.strictObject({
    id: z
      .string()
      .min(1)
      .meta({ examples: ["before-the-migration"] }),
    db_instance_id: z.string().min(1).describe("A database that is `available`."),
    tags: tagsSchema.optional(),
  }),
);

const restoration = named(
  "DatabaseRestoration",
  z.strictObject({
    db_instance_id: z.string().min(1).describe("The new database's identifier."),
    class: z.string().optional().describe("That of the database that the snapshot was taken of, where none is given."),
    tags: tagsSchema.optional(),
  }),
);

export const databaseSnapshotRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "POST", path: "/rds/db-snapshots", tag: "rds", status: 201 },
      summary: "Take a snapshot of a database",
      body: newSnapshot,
      reply: snapshot,
      errors: [400, 404, 409],
    },
    async ({ body, call }) => {
      const { DBSnapshot } = await call("rds", "CreateDBSnapshot", {
        DBSnapshotIdentifier: body.id,
        DBInstanceIdentifier: body.db_instance_id,
        Tags: toTags(body.tags ?? {}),
      });
      return toSnapshot(DBSnapshot ?? {});
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/rds/db-snapshots", tag: "rds" },
      summary: "List snapshots of databases",
      query: pageQuery(20, 100).extend({ db_instance_id: z.string().optional() }),
      reply: snapshotList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { DBSnapshots = [], Marker } = await call("rds", "DescribeDBSnapshots", {
        DBInstanceIdentifier: query.db_instance_id,
        MaxRecords: query.limit,
        Marker: query.next_token,
      });
      return { db_snapshots: DBSnapshots.map(toSnapshot), next_token: Marker ?? null };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/rds/db-snapshots/{id}/restore", tag: "rds", status: 201 },
      summary: "Make a new database of a snapshot",
      description: "Its master user and password are those of the database that the snapshot was taken of.",
      body: restoration,
      reply: database,
      errors: [400, 404, 409],
    },
    async ({ params, body, call }) => {
      const { DBInstance } = await call("rds", "RestoreDBInstanceFromDBSnapshot", {
        DBSnapshotIdentifier: params.id,
        DBInstanceIdentifier: body.db_instance_id,
        DBInstanceClass: body.class,
        Tags: toTags(body.tags ?? {}),
      });
      return toDatabase(DBInstance ?? {});
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/rds/db-snapshots/{id}", tag: "rds" },
      summary: "Delete a snapshot of a database",
      errors: [404, 409],
    },
    async ({ params, call }) => {
      await call("rds", "DeleteDBSnapshot", { DBSnapshotIdentifier: params.id });
    },
  ),
];

function toSnapshot(found: DBSnapshot): z.input<typeof snapshot> {
  return {
    id: found.DBSnapshotIdentifier ?? "",
    db_instance_id: found.DBInstanceIdentifier ?? "",
    status: found.Status ?? "",
    type: found.SnapshotType ?? "",
    engine: found.Engine ?? "",
    engine_version: found.EngineVersion ?? "",
    allocated_storage: found.AllocatedStorage ?? 0,
    username: found.MasterUsername ?? "",
    creation_date: isoTime(found.SnapshotCreateTime),
    arn: found.DBSnapshotArn ?? "",
    tags: fromTags(found.TagList),
  };
}
