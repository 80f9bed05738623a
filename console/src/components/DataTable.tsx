import type { ComponentChildren } from "preact";
import type { Selection } from "../store/selection.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Where the window is narrower than this, the column is left out. */
  readonly from?: "tablet" | "desktop";
  readonly align?: "end";
}

export interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Names a row, also to a person: `i-0123`. */
  readonly keyOf: (row: Row) => string;
  readonly selection?: Selection;
}

/** The first column names the row. */
export function DataTable<Row>({ caption, columns, rows, keyOf, selection }: DataTableProps<Row>) {
  const chosen = selection?.keys.value;
  return (
    <div class="table-frame">
      <table class="table">
        <caption class="hidden-visually">{caption}</caption>
        <thead>
          <tr>
            {selection && (
              <td class="tick">
                <input
                  type="checkbox"
                  aria-label="Select all"
                  checked={rows.length > 0 && chosen?.size === rows.length}
                  indeterminate={chosen !== undefined && chosen.size > 0 && chosen.size < rows.length}
                  onChange={(event) => selection.setAll(event.currentTarget.checked)}
                />
              </td>
            )}
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            return (
              <tr key={key} class={chosen?.has(key) ? "chosen" : ""}>
                {selection && (
                  <td class="tick">
                    <input
                      type="checkbox"
                      aria-label={`Select ${key}`}
                      checked={chosen?.has(key) === true}
                      onChange={(event) => selection.set(key, event.currentTarget.checked)}
                    />
                  </td>
                )}
                {columns.map((column, index) =>
                  index === 0 ? (
                    <th key={column.title} scope="row" class={classOf(column)}>
                      {column.cell(row)}
                    </th>
                  ) : (
                    <td key={column.title} class={classOf(column)}>
                      {column.cell(row)}
                    </td>
                  ),
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function classOf({ from, align }: Pick<Column<never>, "from" | "align">): string {
  return [from && `from-${from}`, align].filter(Boolean).join(" ");
}
