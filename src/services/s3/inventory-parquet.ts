import { parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";

/** Columns that are no text. */
const kinds: Readonly<Record<string, "boolean" | "integer" | "time">> = {
  IsLatest: "boolean",
  IsDeleteMarker: "boolean",
  Size: "integer",
  LastModifiedDate: "time",
  IsMultipartUploaded: "boolean",
  ObjectLockRetainUntilDate: "time",
  IntelligentTieringReferenceDate: "time",
  LifecycleExpirationDate: "time",
};

const types = {
  boolean: { type: "BOOLEAN" },
  integer: { type: "INT64" },
  time: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
} as const;

/** A list as Apache Parquet: `rows` have the texts of a CSV list, in the order of `names`; keys are not encoded here. */
export function parquetList(names: readonly string[], rows: readonly (readonly string[])[]): Buffer {
  const root: SchemaElement = { name: "s3.inventory", num_children: names.length };
  const columns = names.map((name) => ({
    ...{ name: columnName(name), ...types[kinds[name] ?? "text"] },
    repetition_type: isRequired(name) ? ("REQUIRED" as const) : ("OPTIONAL" as const),
  }));
  const columnData = names.map((name, at) => ({
    name: columnName(name),
    data: rows.map((row) => value(name, row[at] ?? "")),
  }));
  return Buffer.from(parquetWriteBuffer({ schema: [root, ...columns], columnData }));
}

/** The schema as manifests have it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html */
export function parquetSchema(names: readonly string[]): string {
  const columns = names.map((name) => {
    const { type, ...converted } = types[kinds[name] ?? "text"];
    const kind = { BOOLEAN: "boolean", INT64: "int64", BYTE_ARRAY: "binary" }[type];
    const annotation = "converted_type" in converted ? ` (${converted.converted_type})` : "";
    return ` ${isRequired(name) ? "required" : "optional"} ${kind} ${columnName(name)}${annotation};`;
  });
  return `message s3.inventory { ${columns.join(" ")}}`;
}

function isRequired(name: string): boolean {
  return name === "Bucket" || name === "Key";
}

/** `IsLatest` is `is_latest`, and `ETag` `e_tag`. */
function columnName(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();
}

function value(name: string, text: string): string | boolean | bigint | Date | undefined {
  if (name === "Key") return decodeURIComponent(text);
  if (text === "") return isRequired(name) ? text : undefined;
  const kind = kinds[name];
  if (kind === "boolean") return text === "true";
  if (kind === "integer") return BigInt(text);
  return kind === "time" ? new Date(text) : text;
}
