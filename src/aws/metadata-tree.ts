/** What an instance reads at a path of its metadata; a function for what takes work, or may not be there. */
export type MetadataValue = string | Uint8Array;

export type MetadataNode = MetadataValue | (() => Promise<MetadataValue | undefined>) | MetadataFolder;

/** Names of members in the order of their listing. The member `""`, where there is one, is the listing itself. */
export interface MetadataFolder {
  readonly [name: string]: MetadataNode | undefined;
}

/**
 * What is at a path such as `meta-data/instance-id`, without the version at its beginning; the listing of a folder, as the
 * instance metadata service gives it: a name a line, with a slash after those of folders but the topmost. Undefined where there is nothing.
 */
export async function readMetadata(root: MetadataFolder, path: string): Promise<MetadataValue | undefined> {
  let node: MetadataNode | undefined = root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    if (!isFolder(node) || !Object.hasOwn(node, name)) return undefined;
    node = node[name];
  }
  if (typeof node === "function") return await node();
  if (node === root) return listing(root).replaceAll("/", "");
  return isFolder(node) ? listing(node) : node;
}

function listing(folder: MetadataFolder): string {
  const own = folder[""];
  if (typeof own === "string") return own;
  return Object.entries(folder)
    .filter(([, node]) => node !== undefined)
    .map(([name, node]) => (isFolder(node) ? `${name}/` : name))
    .join("\n");
}

function isFolder(node: MetadataNode | undefined): node is MetadataFolder {
  return typeof node === "object" && !(node instanceof Uint8Array);
}
