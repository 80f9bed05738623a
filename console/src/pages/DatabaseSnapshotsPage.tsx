import { DatabaseSnapshots } from "../components/DatabaseSnapshots.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { useConsole } from "../console-context.ts";
import { plural } from "../format.ts";
import { href } from "../store/router.ts";

/** Those of databases that are gone, too. */
export function DatabaseSnapshotsPage() {
  const { length } = useConsole().databases.snapshots.items.value;
  return (
    <>
      <PageHead title="Database snapshots" about={length === 0 ? undefined : plural(length, "snapshot")} />
      <DatabaseSnapshots
        empty={
          <EmptyState
            icon="snapshot"
            title="No snapshots yet"
            command="aws rds create-db-snapshot --db-instance-identifier my-db --db-snapshot-identifier my-snapshot"
          >
            <p class="muted">
              A snapshot keeps a database's data as they are at that moment. Take one at the Snapshots tab of a{" "}
              <a href={href("databases")}>database</a>.
            </p>
          </EmptyState>
        }
      />
    </>
  );
}
