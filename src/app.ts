import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { createAuthenticator } from "./auth/authenticate.ts";
import { createCredentials, rootPrincipal } from "./auth/credential-store.ts";
import { createOneTimeTickets } from "./auth/one-time-tickets.ts";
import { readOrMakeSecret } from "./auth/secret-file.ts";
import { createSessionTokens } from "./auth/session-token.ts";
import { createBackgroundTasks } from "./background-tasks.ts";
import { FsBlobStore } from "./blobs/fs-blob-store.ts";
import type { Config } from "./config.ts";
import { clearDatabase, openDatabase } from "./db/open-database.ts";
import type { App } from "./http/app.ts";
import { createChangeFeed } from "./http/change-feed.ts";
import { createInstanceEndpoint } from "./http/instance-endpoint.ts";
import { requestLine } from "./http/request-line.ts";
import { createRequestLog } from "./http/request-log.ts";
import { createResourceReader } from "./http/resource-snapshot.ts";
import { createIdentityKey } from "./imds/identity-key.ts";
import { createMetadataService, type MetadataService } from "./imds/metadata-service.ts";
import { createMetadataTokens } from "./imds/metadata-tokens.ts";
import { createNameServer } from "./names/name-server.ts";
import { createRegistry } from "./protocol/registry.ts";
import { selectRuntime } from "./runtime/select-runtime.ts";
import { instanceEndpointPort, metadataPort } from "./services/ec2/instance-endpoint.ts";
import { instanceMetadata } from "./services/ec2/instance-metadata.ts";
import { privateNames } from "./services/ec2/private-names.ts";
import { sshInstances } from "./services/ec2/ssh-instances.ts";
import { services } from "./services/index.ts";
import { deliveredObjects } from "./services/s3/delivered-objects.ts";
import type { ServiceContext } from "./services/service-context.ts";
import { connectSql } from "./sql/connect-sql.ts";
import { type SshGateway, startSshGateway } from "./ssh/gateway.ts";
import { createHttpWebhooks } from "./webhooks/http-webhooks.ts";

/** The composition root: the only place that knows concrete drivers. Resolves when state and reality agree. */
export async function createApp(config: Config, log: Logger): Promise<App> {
  const db = await openDatabase(config.dataDir);
  const blobs = new FsBlobStore(join(config.dataDir, "s3"));
  const { dataDir, searchPath } = config;
  const { machines, databases } = await selectRuntime({ kind: config.runtime, dataDir, searchPath, log });
  const now = () => new Date();
  const credentials = createCredentials({ configured: config.credentials, db, now });
  const requests = createRequestLog();
  const changes = createChangeFeed({ read: createResourceReader(db, config.accountId), requests, log });
  const tasks = createBackgroundTasks(log, changes.settled);
  const webhooks = createHttpWebhooks(config.eventWebhooks, log);
  const serviceContext: ServiceContext = {
    db,
    blobs,
    machines,
    databases,
    connectSql,
    credentials,
    objects: deliveredObjects(() => serviceContext),
    webhooks,
    config,
    log,
    now,
    newId: (prefix) => `${prefix}-${randomBytes(9).toString("hex").slice(0, 17)}`,
    randomBytes,
    background: tasks.run,
  };
  let ssh: SshGateway | undefined;
  let resetting: Promise<void> | undefined;

  async function drop(): Promise<void> {
    const dropAll = async () => {
      for (const service of services) await service.reset?.(serviceContext);
    };
    await dropAll();
    // What was under way may have made something after the first round.
    if (await tasks.settled()) await dropAll();
    webhooks.clear();
    await clearDatabase(db);
    requests.clear();
    changes.reset();
  }

  const app: App = {
    config,
    log,
    registry: createRegistry(services),
    authenticator: createAuthenticator({
      credentials,
      mode: config.auth,
      root: rootPrincipal(config.accountId, ""),
      now,
    }),
    serviceContext,
    sessions: createSessionTokens({ secretFile: join(config.dataDir, "metadata", "session.key"), now }),
    tickets: createOneTimeTickets(() => performance.now()),
    requests,
    requestLine: requestLine(log),
    changes,
    get ssh() {
      return ssh;
    },
    ready: () => resetting,
    reset() {
      resetting ??= drop().finally(() => {
        resetting = undefined;
      });
      return resetting;
    },
    async close() {
      await ssh?.close();
      metadata.close();
      endpoint.close();
      for (const service of services) await service.close?.(serviceContext);
      await tasks.settled();
      await webhooks.close();
      // What has arrived at last need not be kept.
      await tasks.settled();
      await Promise.all([machines.close(), databases.close()]);
      await db.destroy();
    },
  };
  const metadata = openMetadata(serviceContext);
  const endpoint = createInstanceEndpoint(app);
  machines.serve(instanceEndpointPort, (_id, socket) => endpoint.serve(socket));
  machines.answerNames(createNameServer(privateNames(serviceContext)));
  for (const service of services) await service.reconcile?.(serviceContext);
  ssh = await openSsh(serviceContext);
  return app;
}

/** Instances ask it as soon as they run. */
function openMetadata(ctx: ServiceContext): MetadataService {
  const file = (name: string) => join(ctx.config.dataDir, "metadata", name);
  const service = createMetadataService({
    find: instanceMetadata(ctx, createIdentityKey(file("instance-identity.pem"))),
    tokens: createMetadataTokens(() => readOrMakeSecret(file("instance-metadata.key")), ctx.now),
    log: ctx.log,
  });
  ctx.machines.serve(metadataPort, service.serve);
  return service;
}

/** None where it is turned off, or its port is taken: instances run without it. */
async function openSsh(ctx: ServiceContext): Promise<SshGateway | undefined> {
  const { config, log, machines } = ctx;
  if (config.sshListen === undefined) return undefined;
  const { host, port, optional } = config.sshListen;
  try {
    const hostKeyFile = join(config.dataDir, "metadata", "ssh_host_ed25519_key");
    return await startSshGateway({ host, port, hostKeyFile, machines, instances: sshInstances(ctx), log });
  } catch (error) {
    if (optional !== true) throw error;
    log.info({ err: error, host, port }, "the SSH gateway does not listen: its port is taken");
    return undefined;
  }
}
