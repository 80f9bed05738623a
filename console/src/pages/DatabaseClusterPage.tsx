import { useSignal } from "@preact/signals";
import type { DatabaseCluster } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { Card } from "../components/Card.tsx";
import { CodeBlock } from "../components/CodeBlock.tsx";
import { ConfirmDialog } from "../components/ConfirmDialog.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Facts } from "../components/Facts.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { TagList } from "../components/TagList.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate } from "../format.ts";
import { href } from "../store/router.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";

type Member = DatabaseCluster["members"][number];

const memberColumns: readonly Column<Member>[] = [
  { title: "Database", cell: ({ id }) => <ResourceName name={id} to={href("databases", id)} /> },
  { title: "Role", cell: ({ is_writer: isWriter }) => (isWriter ? "writer" : "reader") },
];

export function DatabaseClusterPage({ id }: { id: string }) {
  const { databases, router } = useConsole();
  const { items, loading, error } = useWatched(databases.clusters);
  const deleting = useSignal(false);
  const cluster = items.value.find((known) => known.id === id);
  if (cluster === undefined) {
    if (error.value !== undefined) return <ErrorNotice error={error.value} />;
    return loading.value ? <Loading /> : <NotFoundPage what={`There is no cluster ${id}.`} />;
  }
  return (
    <>
      <PageHead
        title={id}
        parent={{ title: "Database clusters", href: href("database-clusters") }}
        about={
          <span class="about-line">
            <StateBadge state={cluster.status} />
            {cluster.engine} {cluster.engine_version}
          </span>
        }
      >
        <Button
          size="small"
          icon="trash"
          kind="danger"
          disabled={cluster.status === "deleting"}
          onClick={() => {
            deleting.value = true;
          }}
        >
          Delete
        </Button>
      </PageHead>
      <div class="cards">
        <Endpoints cluster={cluster} />
        <Card title="Members">
          {cluster.members.length === 0 ? (
            <p class="muted">None yet: without one there is nothing to connect to.</p>
          ) : (
            <DataTable caption="Members" columns={memberColumns} rows={cluster.members} keyOf={(member) => member.id} />
          )}
        </Card>
        <Card title="Cluster">
          <Facts
            items={[
              ["User name", <span class="mono">{cluster.username}</span>],
              ["Database name", cluster.database && <span class="mono">{cluster.database}</span>],
              ["Created", formatDate(cluster.creation_date)],
              ["ARN", <span class="mono">{cluster.arn}</span>],
            ]}
          />
        </Card>
        <Card title="Tags">
          <TagList tags={cluster.tags} />
        </Card>
      </div>
      {deleting.value && (
        <ConfirmDialog
          title="Delete this cluster?"
          names={[id]}
          warning="Its data are deleted, too. A cluster that has members cannot be deleted."
          submit="Delete"
          work={() => databases.deleteCluster(id)}
          done={`Deleting ${id}.`}
          onClose={() => {
            deleting.value = false;
            if (!databases.clusters.items.value.some((known) => known.id === id)) router.go(href("database-clusters"));
          }}
        />
      )}
    </>
  );
}

function Endpoints({ cluster: { endpoint, reader_endpoint: reader, port } }: { cluster: DatabaseCluster }) {
  const at = (host: string | null) => (host === null || port === null ? undefined : `${host}:${port}`);
  const [writes, reads] = [at(endpoint), at(reader)];
  return (
    <Card title="Endpoints">
      {writes === undefined && <p class="muted">They are shown here as soon as they are there.</p>}
      {writes !== undefined && (
        <>
          <h3>Writer</h3>
          <CodeBlock text={writes} what="the writer's endpoint" />
        </>
      )}
      {reads !== undefined && (
        <>
          <h3>Readers</h3>
          <CodeBlock text={reads} what="the readers' endpoint" />
        </>
      )}
      <p class="muted">The texts to connect with are at each member.</p>
    </Card>
  );
}
