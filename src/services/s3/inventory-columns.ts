/** What the values of a column are, in the formats that have types. */
export type ColumnKind = "boolean" | "integer" | "time" | "text";

export type ColumnValue = string | boolean | bigint | Date | undefined;

/** Columns that are no text. */
const kinds: Readonly<Record<string, ColumnKind>> = {
  IsLatest: "boolean",
  IsDeleteMarker: "boolean",
  Size: "integer",
  LastModifiedDate: "time",
  IsMultipartUploaded: "boolean",
  ObjectLockRetainUntilDate: "time",
  IntelligentTieringReferenceDate: "time",
  LifecycleExpirationDate: "time",
};

export function columnKind(name: string): ColumnKind {
  return kinds[name] ?? "text";
}

export function isRequiredColumn(name: string): boolean {
  return name === "Bucket" || name === "Key";
}

/** `IsLatest` is `is_latest`, and `ETag` `e_tag`. */
export function columnName(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();
}

/** A text of a CSV list as a value of its column; undefined where there is none. Keys are not encoded here. */
export function columnValue(name: string, text: string): ColumnValue {
  if (name === "Key") return decodeURIComponent(text);
  if (text === "") return isRequiredColumn(name) ? text : undefined;
  switch (columnKind(name)) {
    case "boolean":
      return text === "true";
    case "integer":
      return BigInt(text);
    case "time":
      return new Date(text);
    default:
      return text;
  }
}
