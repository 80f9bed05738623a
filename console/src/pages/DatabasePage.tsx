import { useSignal } from "@preact/signals";
import type { Database } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { Card } from "../components/Card.tsx";
import { DatabaseActions } from "../components/DatabaseActions.tsx";
import { DatabaseConnection } from "../components/DatabaseConnection.tsx";
import { DatabaseLog } from "../components/DatabaseLog.tsx";
import { DatabaseSnapshots } from "../components/DatabaseSnapshots.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Facts } from "../components/Facts.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { SqlPane } from "../components/SqlPane.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { Tabs } from "../components/Tabs.tsx";
import { TagList } from "../components/TagList.tsx";
import { TakeSnapshotDialog } from "../components/TakeSnapshotDialog.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate } from "../format.ts";
import { href } from "../store/router.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";

const tabs = [
  { key: "details", title: "Details" },
  { key: "sql", title: "SQL" },
  { key: "snapshots", title: "Snapshots" },
  { key: "log", title: "Log" },
];

/** A cluster's data are snapshotted as a whole, whoever its members are. */
const tabsOfMember = tabs.filter(({ key }) => key !== "snapshots");

export function DatabasePage({ id }: { id: string }) {
  const { databases, router } = useConsole();
  const { items, loading, error } = useWatched(databases.list);
  const database = items.value.find((known) => known.id === id);
  if (database === undefined) {
    if (error.value !== undefined) return <ErrorNotice error={error.value} />;
    return loading.value ? <Loading /> : <NotFoundPage what={`There is no database ${id}.`} />;
  }
  const asked = router.query.value.get("tab");
  const offered = database.cluster === null ? tabs : tabsOfMember;
  const tab = offered.some(({ key }) => key === asked) && asked !== null ? asked : "details";
  return (
    <>
      <PageHead
        title={id}
        parent={{ title: "Databases", href: href("databases") }}
        about={
          <span class="about-line">
            <StateBadge state={database.status} />
            {database.engine} {database.engine_version}
          </span>
        }
      >
        <DatabaseActions database={database} />
      </PageHead>
      <Tabs
        label={`Database ${id}`}
        tabs={offered}
        current={tab}
        onChoose={(key) => router.goWith({ tab: key === "details" ? undefined : key }, { replace: true })}
      >
        {tab === "details" && <DatabaseDetails database={database} />}
        {tab === "sql" && <SqlPane database={database} />}
        {tab === "snapshots" && <SnapshotsOfDatabase database={database} />}
        {tab === "log" && <DatabaseLog id={database.id} />}
      </Tabs>
    </>
  );
}

function SnapshotsOfDatabase({ database: { id, status } }: { database: Database }) {
  const taking = useSignal(false);
  return (
    <Card
      title="Snapshots"
      actions={
        <Button
          size="small"
          icon="snapshot"
          disabled={status !== "available"}
          onClick={() => {
            taking.value = true;
          }}
        >
          Take snapshot
        </Button>
      }
    >
      <DatabaseSnapshots
        of={id}
        empty={
          <p class="muted">
            No snapshots yet. One keeps the data as they are now; a new database can be made of it at any time.
          </p>
        }
      />
      {taking.value && (
        <TakeSnapshotDialog
          databaseId={id}
          onClose={() => {
            taking.value = false;
          }}
        />
      )}
    </Card>
  );
}

function DatabaseDetails({ database }: { database: Database }) {
  return (
    <div class="cards">
      <DatabaseConnection database={database} />
      <Card title="Database">
        <Facts
          items={[
            [
              "Endpoint",
              database.endpoint && <span class="mono">{`${database.endpoint.address}:${database.endpoint.port}`}</span>,
            ],
            ["User name", <span class="mono">{database.username}</span>],
            ["Database name", <span class="mono">{database.database}</span>],
            ["Class", <span class="mono">{database.class}</span>],
            ...(database.cluster === null
              ? [["Storage", `${database.allocated_storage} GiB`] as const]
              : [["Cluster", <a href={href("database-clusters", database.cluster)}>{database.cluster}</a>] as const]),
            ["Created", formatDate(database.creation_date)],
            ["ARN", <span class="mono">{database.arn}</span>],
          ]}
        />
      </Card>
      <Card title="Tags">
        <TagList tags={database.tags} />
      </Card>
    </div>
  );
}
