import type { ServiceContext } from "../service-context.ts";
import { type ConfigurationName, findConfiguration, type StoredConfigurations } from "./stored-configurations.ts";

type Found<Name extends ConfigurationName> = Promise<StoredConfigurations[Name] | undefined>;

/** By name and bucket id, which none gets again. */
const known = new WeakMap<ServiceContext["blobs"], Map<ConfigurationName, Map<number, Found<ConfigurationName>>>>();

/**
 * A configuration that is asked for on the way of many requests: it is read once, until `forgetConfiguration`. Not within a
 * transaction, which this would wait for.
 */
export function knownConfiguration<Name extends ConfigurationName>(
  ctx: ServiceContext,
  bucket: { readonly id: number },
  name: Name,
): Found<Name> {
  const kept = knownTo(ctx, name);
  // What is kept under a name was found under it.
  let found = kept.get(bucket.id) as Found<Name> | undefined;
  if (found === undefined) {
    found = findConfiguration(ctx.db, bucket, name);
    kept.set(bucket.id, found);
    found.catch(() => kept.delete(bucket.id));
  }
  return found;
}

/** After the configuration has changed. */
export function forgetConfiguration(
  ctx: ServiceContext,
  bucket: { readonly id: number },
  name: ConfigurationName,
): void {
  knownTo(ctx, name).delete(bucket.id);
}

function knownTo({ blobs }: ServiceContext, name: ConfigurationName): Map<number, Found<ConfigurationName>> {
  const names = known.get(blobs) ?? new Map<ConfigurationName, Map<number, Found<ConfigurationName>>>();
  known.set(blobs, names);
  const kept = names.get(name) ?? new Map<number, Found<ConfigurationName>>();
  names.set(name, kept);
  return kept;
}
