import { compareKeys } from "./listing-model.ts";

/** One thing that is done to a bucket, in the order of its doing. */
export type Step =
  | { readonly kind: "put"; readonly key: string }
  | { readonly kind: "delete"; readonly key: string }
  | { readonly kind: "enable" }
  | { readonly kind: "suspend" }
  /** Deletes a version by its id: the one at this place among all there are. */
  | { readonly kind: "remove"; readonly at: number };

interface Version {
  readonly id: string;
  readonly isDeleteMarker: boolean;
}

/** A bucket's versions by S3's rules, kept the plain way: an array for each key, newest first. */
export class VersionsModel {
  readonly #keys = new Map<string, Version[]>();
  #versioning: "Enabled" | "Suspended" | undefined;

  setVersioning(status: "Enabled" | "Suspended"): void {
    this.#versioning = status;
  }

  put(key: string, id: string): void {
    this.#add(key, { id, isDeleteMarker: false });
  }

  delete(key: string, id: string): void {
    if (this.#versioning === undefined) this.#keys.delete(key);
    else this.#add(key, { id, isDeleteMarker: true });
  }

  /** The version at a place among all, which is then gone; undefined when there is none. */
  remove(at: number): { key: string; id: string } | undefined {
    const all = this.entries();
    const chosen = all[at % Math.max(all.length, 1)];
    if (chosen === undefined) return undefined;
    const { key, id } = chosen;
    this.#keys.set(
      key,
      (this.#keys.get(key) ?? []).filter((version) => version.id !== id),
    );
    return { key, id };
  }

  /** All in the order of a listing. */
  entries(): { key: string; id: string; isDeleteMarker: boolean; isLatest: boolean }[] {
    return [...this.#keys.keys()]
      .sort(compareKeys)
      .flatMap((key) =>
        (this.#keys.get(key) ?? []).map((version, place) => ({ key, ...version, isLatest: place === 0 })),
      );
  }

  /** The keys that a plain listing shows. */
  objects(): string[] {
    return this.entries()
      .filter(({ isLatest, isDeleteMarker }) => isLatest && !isDeleteMarker)
      .map(({ key }) => key);
  }

  #add(key: string, version: Version): void {
    const versions = this.#keys.get(key) ?? [];
    const kept = this.#versioning === "Enabled" ? versions : versions.filter(({ id }) => id !== "null");
    this.#keys.set(key, [version, ...kept]);
  }
}

/** What a listing with a prefix and a delimiter shows: versions and, once each, common prefixes; in order. */
export function expectedVersions(
  model: VersionsModel,
  { prefix, delimiter }: { prefix: string; delimiter: string },
): string[] {
  const shown = new Set<string>();
  for (const { key, id, isDeleteMarker, isLatest } of model.entries()) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (at >= 0) shown.add(`${key.slice(0, at + delimiter.length)} …`);
    else shown.add(describeVersion({ key, id, isDeleteMarker, isLatest }));
  }
  return [...shown].sort();
}

export function describeVersion(version: {
  key: string;
  id: string;
  isDeleteMarker: boolean;
  isLatest: boolean;
}): string {
  const { key, id, isDeleteMarker, isLatest } = version;
  return `${key} ${id}${isDeleteMarker ? " marker" : ""}${isLatest ? " latest" : ""}`;
}
