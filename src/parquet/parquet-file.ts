import { gzipSync } from "node:zlib";
import { ByteWriter, parquetWrite, type SchemaElement } from "hyparquet-writer";

/** `binary` and `string` are byte arrays, a string in UTF-8; `timestamp` counts microseconds since 1970. */
export type ParquetType =
  | "boolean"
  | "int32"
  | "int64"
  | "float"
  | "double"
  | "binary"
  | "string"
  | "timestamp"
  | { readonly precision: number; readonly scale: number };

export interface ParquetColumn {
  readonly name: string;
  readonly type: ParquetType;
}

/** Of an `int64`, a timestamp or a decimal, which is without its point: a bigint. */
export type ParquetValue = boolean | number | bigint | string | Uint8Array | null;

/** The most digits of a decimal. */
export const maxPrecision = 38;

/** A whole file of rows, compressed with gzip. https://parquet.apache.org/docs/file-format/ */
export function parquetFile(
  columns: readonly ParquetColumn[],
  rows: readonly (readonly ParquetValue[])[],
): Buffer<ArrayBuffer> {
  const writer = new ByteWriter();
  const written = parquetWrite({
    writer,
    columnData: columns.map(({ name }, index) => ({ name, data: rows.map((row) => row[index]) })),
    schema: [{ name: "schema", num_children: columns.length }, ...columns.map(element)],
    codec: "GZIP",
    compressors: { GZIP: (bytes) => gzipSync(bytes) },
    createdBy: "LocalAWS",
  });
  // A promise only where the writer flushes, which one in memory does not.
  if (written instanceof Promise) throw new Error("A Parquet file in memory was not written at once.");
  return Buffer.from(writer.getBuffer());
}

function element({ name, type }: ParquetColumn): SchemaElement {
  return { name, repetition_type: "OPTIONAL", ...elementOf(type) };
}

function elementOf(type: ParquetType): Pick<SchemaElement, "type" | "converted_type" | "type_length"> & object {
  switch (type) {
    case "boolean":
      return { type: "BOOLEAN" };
    case "int32":
      return { type: "INT32" };
    case "int64":
      return { type: "INT64" };
    case "float":
      return { type: "FLOAT" };
    case "double":
      return { type: "DOUBLE" };
    case "binary":
      return { type: "BYTE_ARRAY" };
    case "string":
      return { type: "BYTE_ARRAY", converted_type: "UTF8" };
    case "timestamp":
      return { type: "INT64", converted_type: "TIMESTAMP_MICROS" };
    default: {
      const decimal = { converted_type: "DECIMAL", ...type } as const;
      if (type.precision <= 9) return { ...decimal, type: "INT32" };
      if (type.precision <= 18) return { ...decimal, type: "INT64" };
      // As many bytes as the largest number and its sign take.
      const type_length = Math.ceil((type.precision * Math.log2(10) + 1) / 8);
      return { ...decimal, type: "FIXED_LEN_BYTE_ARRAY", type_length };
    }
  }
}
