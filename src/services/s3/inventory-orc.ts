import { columnKind, columnName, columnValue } from "./inventory-columns.ts";
import { orcFile } from "./orc-file.ts";

const types = { boolean: "boolean", integer: "bigint", time: "timestamp", text: "string" } as const;

/** A list as Apache ORC: `rows` have the texts of a CSV list, in the order of `names`. */
export function orcList(names: readonly string[], rows: readonly (readonly string[])[]): Buffer {
  const columns = names.map((name, at) => ({
    name: columnName(name),
    kind: columnKind(name),
    values: rows.map((row) => columnValue(name, row[at] ?? "")),
  }));
  return orcFile(columns, rows.length);
}

/** The schema as manifests have it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html */
export function orcSchema(names: readonly string[]): string {
  return `struct<${names.map((name) => `${columnName(name)}:${types[columnKind(name)]}`).join(",")}>`;
}
