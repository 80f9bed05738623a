import { useSignal } from "@preact/signals";
import type { Database } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { CreateDatabaseDialog } from "../components/CreateDatabaseDialog.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate, plural } from "../format.ts";
import { href } from "../store/router.ts";

const columns: readonly Column<Database>[] = [
  { title: "Database", cell: ({ id }) => <ResourceName name={id} to={href("databases", id)} /> },
  { title: "Status", cell: ({ status }) => <StateBadge state={status} /> },
  {
    title: "Engine",
    cell: ({ engine, engine_version: version }) => (
      <span class="nowrap">
        {engine} {version}
      </span>
    ),
    from: "tablet",
  },
  {
    title: "Endpoint",
    cell: ({ endpoint }) => (
      <span class="mono nowrap">{endpoint === null ? "–" : `${endpoint.address}:${endpoint.port}`}</span>
    ),
    from: "tablet",
  },
  { title: "Class", cell: (database) => <span class="mono nowrap">{database.class}</span>, from: "desktop" },
  {
    title: "Created",
    cell: ({ creation_date: date }) => <span class="nowrap">{formatDate(date)}</span>,
    from: "desktop",
  },
];

export function DatabasesPage() {
  const { databases } = useConsole();
  const { items, loading, error } = useWatched(databases.list);
  const creating = useSignal(false);
  const available = items.value.filter(({ status }) => status === "available").length;
  const create = (
    <Button
      kind="primary"
      icon="plus"
      onClick={() => {
        creating.value = true;
      }}
    >
      Create database
    </Button>
  );
  return (
    <>
      <PageHead
        title="Databases"
        about={
          items.value.length === 0 ? undefined : `${available} of ${plural(items.value.length, "database")} available`
        }
      >
        {items.value.length > 0 && create}
      </PageHead>
      <ErrorNotice error={error.value} />
      {loading.value ? (
        <Loading />
      ) : items.value.length === 0 ? (
        <EmptyState
          icon="database"
          title="No databases yet"
          command={
            "aws rds create-db-instance --db-instance-identifier my-db --engine postgres \\\n  --db-instance-class db.t3.micro --allocated-storage 20 \\\n  --master-username me --master-user-password secret-password"
          }
        >
          <p class="muted">A database is a PostgreSQL server of its own, that any client connects to.</p>
          {create}
        </EmptyState>
      ) : (
        <DataTable caption="Databases" columns={columns} rows={items.value} keyOf={({ id }) => id} />
      )}
      {creating.value && (
        <CreateDatabaseDialog
          onClose={() => {
            creating.value = false;
          }}
        />
      )}
    </>
  );
}
