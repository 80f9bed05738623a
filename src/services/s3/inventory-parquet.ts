import { parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";
import { columnKind, columnName, columnValue, isRequiredColumn } from "./inventory-columns.ts";

const types = {
  boolean: { type: "BOOLEAN" },
  integer: { type: "INT64" },
  time: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
} as const;

/** A list as Apache Parquet: `rows` have the texts of a CSV list, in the order of `names`. */
export function parquetList(names: readonly string[], rows: readonly (readonly string[])[]): Buffer {
  const root: SchemaElement = { name: "s3.inventory", num_children: names.length };
  const columns = names.map((name) => ({
    ...{ name: columnName(name), ...types[columnKind(name)] },
    repetition_type: isRequiredColumn(name) ? ("REQUIRED" as const) : ("OPTIONAL" as const),
  }));
  const columnData = names.map((name, at) => ({
    name: columnName(name),
    data: rows.map((row) => columnValue(name, row[at] ?? "")),
  }));
  return Buffer.from(parquetWriteBuffer({ schema: [root, ...columns], columnData }));
}

/** The schema as manifests have it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html */
export function parquetSchema(names: readonly string[]): string {
  const columns = names.map((name) => {
    const { type, ...converted } = types[columnKind(name)];
    const kind = { BOOLEAN: "boolean", INT64: "int64", BYTE_ARRAY: "binary" }[type];
    const annotation = "converted_type" in converted ? ` (${converted.converted_type})` : "";
    return ` ${isRequiredColumn(name) ? "required" : "optional"} ${kind} ${columnName(name)}${annotation};`;
  });
  return `message s3.inventory { ${columns.join(" ")}}`;
}
