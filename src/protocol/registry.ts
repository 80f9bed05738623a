import { createProtocol } from "./create-protocol.ts";
import type { Protocol, ProtocolService } from "./protocol.ts";
import { createRedactor, type Redactor } from "./redacted-input.ts";

interface LoadableService extends ProtocolService {
  readonly name: string;
  load(): Promise<{
    readonly sdk: Readonly<Record<string, unknown>>;
    readonly operations: object;
    readonly smallObjects?: unknown;
  }>;
}

/** A service with its code and its compiled protocol. */
export interface LoadedService<Service extends LoadableService> {
  readonly service: Service;
  readonly protocol: Protocol;
  readonly operations: Awaited<ReturnType<Service["load"]>>["operations"];
  readonly smallObjects: Awaited<ReturnType<Service["load"]>>["smallObjects"];
  /** For the log of requests. */
  readonly redact: Redactor;
}

export interface Registry<Service extends LoadableService> {
  readonly services: readonly Service[];
  /** By the name in the credential scope. */
  byName(name: string): Service | undefined;
  /** By the `Version` of a query request, for one that is not signed. */
  byVersion(version: string): Service | undefined;
  /** By the `X-Amz-Target` of a JSON request, for one that is not signed: `secretsmanager.GetSecretValue`. */
  byTarget(target: string): Service | undefined;
  /** Imports the service at its first use: the SDK's schemas are most of a cold start and of the memory. */
  load(service: Service): Promise<LoadedService<Service>>;
  /** Undefined where it has not been used. */
  loaded(service: Service): LoadedService<Service> | undefined;
}

/** @throws Error from `load` when a handler's name is no operation of the SDK */
export function createRegistry<Service extends LoadableService>(services: readonly Service[]): Registry<Service> {
  const names = new Map(services.map((service) => [service.name, service]));
  const versions = new Map(services.map((service) => [service.apiVersion, service]));
  const loading = new Map<Service, Promise<LoadedService<Service>>>();
  const loaded = new Map<Service, LoadedService<Service>>();

  async function load(service: Service): Promise<LoadedService<Service>> {
    const { sdk, operations, smallObjects } = await service.load();
    for (const name of Object.keys(operations)) {
      if (sdk[`${name}$`] === undefined) throw new Error(`The service ${service.name} has no operation ${name}.`);
    }
    const protocol = createProtocol(service, sdk);
    const result = { service, protocol, operations, smallObjects, redact: createRedactor(sdk) };
    loaded.set(service, result);
    return result;
  }

  return {
    services,
    byName: (name) => names.get(name),
    byVersion: (version) => versions.get(version),
    byTarget: (target) =>
      services.find(({ targetPrefix }) => targetPrefix !== undefined && target.startsWith(`${targetPrefix}.`)),
    loaded: (service) => loaded.get(service),
    load(service) {
      let promise = loading.get(service);
      if (promise === undefined) {
        promise = load(service);
        loading.set(service, promise);
        // A failed import is tried again by the next request.
        promise.catch(() => loading.delete(service));
      }
      return promise;
    },
  };
}
