/** The data folder that an object belongs to: two LocalAWS on one engine never touch each other's objects. */
export const folderLabel = "localaws.data-folder";
/** What the object is. */
const kindLabel = "localaws.kind";
/** The resource id: of an instance, of a database, or of a network. */
export const idLabel = "localaws.id";
/** Of a machine: the network that it is in. */
export const networkLabel = "localaws.network";
/** Of a network of the engine: the block that it is for. */
export const blockLabel = "localaws.block";
/** Of a machine: the `MachinePort` of its first interface, as JSON. */
export const portLabel = "localaws.port";

export interface Ownership {
  readonly folder: string;
  readonly kind:
    | "machine"
    | "database"
    | "network"
    | "uplink"
    | "snapshot"
    | "archive"
    | "replication"
    /** Those of MariaDB and MySQL. */
    | "mysql-database"
    | "mysql-snapshot"
    | "mysql-template"
    | "mysql-archive"
    | "mysql-replication";
}

/** The labels of a new object: ours, and the caller's under the same prefix. */
export function ownLabels(
  owner: Ownership,
  id: string,
  further: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const prefixed = Object.entries(further).map(([key, value]) => [
    key.startsWith("localaws.") ? key : `localaws.${key}`,
    value,
  ]);
  return { ...Object.fromEntries(prefixed), [folderLabel]: owner.folder, [kindLabel]: owner.kind, [idLabel]: id };
}

/** The engine's filter for the objects that `owner` has, or for the one with this id. */
export function ownFilter(owner: Ownership, further: Readonly<Record<string, string>> = {}): { label: string[] } {
  const labels = { [folderLabel]: owner.folder, [kindLabel]: owner.kind, ...further };
  return { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
}
