import type { Kysely } from "kysely";

interface ResourceTableOptions {
  readonly columns?: readonly string[];
  readonly nullable?: readonly string[];
  readonly indexes?: readonly (readonly string[])[];
  readonly unique?: readonly string[];
  /** Whether several accounts and regions see the same resource: each has a row of its own with the same id. */
  readonly shared?: boolean;
}

/** A table of `Ec2Resource` rows, for a migration: `columns` are NOT NULL texts. */
export async function createResourceTable(
  db: Kysely<unknown>,
  name: string,
  options: ResourceTableOptions,
): Promise<void> {
  let table = db.schema
    .createTable(name)
    .addColumn("id", "text", (column) => (options.shared === true ? column.notNull() : column.primaryKey()))
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("sort_key", "text", (column) => column.notNull());
  for (const column of options.columns ?? []) {
    table = table.addColumn(column, "text", (definition) => definition.notNull());
  }
  for (const column of options.nullable ?? []) table = table.addColumn(column, "text");
  if (options.shared === true) table = table.addPrimaryKeyConstraint(`${name}_pk`, ["account_id", "region", "id"]);
  await table.addColumn("data", "text", (column) => column.notNull()).execute();
  await db.schema
    .createIndex(`${name}_in_order`)
    .on(name)
    .columns(["account_id", "region", "sort_key"])
    .unique()
    .execute();
  if (options.unique !== undefined) {
    await db.schema
      .createIndex(`${name}_unique`)
      .on(name)
      .columns([...options.unique])
      .unique()
      .execute();
  }
  for (const columns of options.indexes ?? []) {
    await db.schema
      .createIndex(`${name}_by_${columns.join("_")}`)
      .on(name)
      .columns([...columns])
      .execute();
  }
}
