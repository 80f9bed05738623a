import type { DatabaseCluster } from "../api-types.ts";
import type { Column } from "../components/DataTable.tsx";
import { ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { useConsole } from "../console-context.ts";
import { formatDate, plural } from "../format.ts";
import { href } from "../store/router.ts";

const columns: readonly Column<DatabaseCluster>[] = [
  { title: "Cluster", cell: ({ id }) => <ResourceName name={id} to={href("database-clusters", id)} /> },
  { title: "Status", cell: ({ status }) => <StateBadge state={status} /> },
  {
    title: "Engine",
    cell: ({ engine, engine_version: version }) => <span class="nowrap">{`${engine} ${version}`}</span>,
    from: "tablet",
  },
  {
    title: "Members",
    cell: ({ members }) => <span class="nowrap">{plural(members.length, "member")}</span>,
    from: "tablet",
  },
  {
    title: "Created",
    cell: ({ creation_date: date }) => <span class="nowrap">{formatDate(date)}</span>,
    from: "desktop",
  },
];

export function DatabaseClustersPage() {
  const { databases } = useConsole();
  return (
    <ResourceList
      title="Database clusters"
      noun="cluster"
      collection={databases.clusters}
      columns={columns}
      keyOf={({ id }) => id}
      deletion={{
        warning: "Their data are deleted, too. A cluster that has members cannot be deleted.",
        work: ({ id }) => databases.deleteCluster(id),
      }}
      empty={{
        icon: "database",
        title: "No clusters yet",
        command:
          "aws rds create-db-cluster --db-cluster-identifier my-cluster --engine aurora-postgresql --master-username me --master-user-password secret-password",
        children: <p class="muted">An Aurora cluster is a writer and readers that have the same data.</p>,
      }}
    />
  );
}
