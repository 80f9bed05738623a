import type { App } from "../app.ts";
import { authRoutes } from "./auth.ts";
import { bucketSettingsRoutes } from "./bucket-settings.ts";
import { bucketRoutes } from "./buckets.ts";
import { databaseClusterRoutes } from "./database-clusters.ts";
import { databasePasswordRoutes } from "./database-password.ts";
import { databaseQueryRoute } from "./database-query.ts";
import { databaseSnapshotRoutes } from "./database-snapshots.ts";
import { databaseRoutes } from "./databases.ts";
import { eventRoute } from "./events.ts";
import { imageRoutes } from "./images.ts";
import { instanceStatsRoutes } from "./instance-stats.ts";
import { instanceRoutes } from "./instances.ts";
import { keyPairRoutes } from "./key-pairs.ts";
import { objectVersionRoutes } from "./object-versions.ts";
import { objectRoutes } from "./objects.ts";
import { openApiDocument } from "./openapi.ts";
import { requestRoutes } from "./requests.ts";
import type { Route } from "./route.ts";
import { createRouter } from "./router.ts";
import { securityGroupRoutes } from "./security-groups.ts";
import { uploadRoutes } from "./uploads.ts";
import { volumeRoutes } from "./volumes.ts";
import { vpcRoutes } from "./vpcs.ts";

/** The JSON API: what answers its requests, and what it says of itself. Both are made of the same routes. */
export function createJsonApi(app: App) {
  const routes = jsonApiRoutes(app);
  return { answer: createRouter(app, routes), document: openApiDocument(routes) };
}

function jsonApiRoutes(app: App): Route[] {
  return [
    ...authRoutes(app),
    ...instanceRoutes,
    ...instanceStatsRoutes,
    ...imageRoutes,
    ...keyPairRoutes,
    ...securityGroupRoutes,
    ...vpcRoutes,
    ...volumeRoutes,
    ...bucketRoutes,
    ...bucketSettingsRoutes,
    ...objectRoutes,
    ...objectVersionRoutes,
    ...uploadRoutes,
    ...databaseRoutes,
    ...databasePasswordRoutes,
    databaseQueryRoute,
    ...databaseSnapshotRoutes,
    ...databaseClusterRoutes,
    ...requestRoutes,
    eventRoute,
  ];
}
