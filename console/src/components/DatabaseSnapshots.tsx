import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { DatabaseSnapshot } from "../api-types.ts";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate } from "../format.ts";
import { href } from "../store/router.ts";
import { Button } from "./Button.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { type Column, DataTable } from "./DataTable.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Loading } from "./Loading.tsx";
import { ResourceName } from "./ResourceName.tsx";
import { RestoreDatabaseDialog } from "./RestoreDatabaseDialog.tsx";
import { StateBadge } from "./StateBadge.tsx";

export interface DatabaseSnapshotsProps {
  /** One database's; everybody's where none is named. */
  readonly of?: string;
  /** What is shown where there are none. */
  readonly empty: ComponentChildren;
}

const facts: readonly Column<DatabaseSnapshot>[] = [
  { title: "Snapshot", cell: ({ id }) => <ResourceName name={id} /> },
  { title: "Status", cell: ({ status }) => <StateBadge state={status} /> },
  { title: "Type", cell: ({ type }) => type, from: "tablet" },
  {
    title: "Engine",
    cell: ({ engine, engine_version: version }) => <span class="nowrap">{`${engine} ${version}`}</span>,
    from: "desktop",
  },
  { title: "Size", cell: ({ allocated_storage: size }) => <span class="nowrap">{size} GiB</span>, from: "desktop" },
  { title: "Taken", cell: ({ creation_date: date }) => <span class="nowrap">{formatDate(date)}</span>, from: "tablet" },
];

const source: Column<DatabaseSnapshot> = {
  title: "Database",
  cell: ({ db_instance_id: id }) => <a href={href("databases", id)}>{id}</a>,
  from: "tablet",
};

export function DatabaseSnapshots({ of, empty }: DatabaseSnapshotsProps) {
  const { databases } = useConsole();
  const { items, loading, error } = useWatched(databases.snapshots);
  const asked = useSignal<{ what: "restore" | "delete"; snapshot: DatabaseSnapshot } | undefined>(undefined);
  const shown = items.value.filter((snapshot) => of === undefined || snapshot.db_instance_id === of);
  const close = () => {
    asked.value = undefined;
  };
  const actions: Column<DatabaseSnapshot> = {
    title: "Actions",
    align: "end",
    cell: (snapshot) => (
      <SnapshotButtons
        snapshot={snapshot}
        onChoose={(what) => {
          asked.value = { what, snapshot };
        }}
      />
    ),
  };
  const columns = [...facts, ...(of === undefined ? [source] : []), actions];
  return (
    <>
      <ErrorNotice error={error.value} />
      {loading.value ? (
        <Loading />
      ) : shown.length === 0 ? (
        empty
      ) : (
        <DataTable caption="Snapshots of databases" columns={columns} rows={shown} keyOf={({ id }) => id} />
      )}
      {asked.value?.what === "restore" && <RestoreDatabaseDialog snapshot={asked.value.snapshot} onClose={close} />}
      {asked.value?.what === "delete" && <DeleteDialog snapshot={asked.value.snapshot} onClose={close} />}
    </>
  );
}

interface SnapshotButtonsProps {
  readonly snapshot: DatabaseSnapshot;
  readonly onChoose: (what: "restore" | "delete") => void;
}

/** An automated snapshot goes with its database, or when its retention period is over. */
function SnapshotButtons({ snapshot: { id, status, type }, onChoose }: SnapshotButtonsProps) {
  return (
    <span class="nowrap">
      <Button
        kind="quiet"
        size="small"
        icon="restart"
        label={`Restore ${id}`}
        disabled={status !== "available"}
        onClick={() => onChoose("restore")}
      />
      {type !== "automated" && (
        <Button
          kind="quiet"
          size="small"
          icon="trash"
          label={`Delete ${id}`}
          disabled={status !== "available" && status !== "failed"}
          onClick={() => onChoose("delete")}
        />
      )}
    </span>
  );
}

function DeleteDialog({ snapshot: { id }, onClose }: { snapshot: DatabaseSnapshot; onClose: () => void }) {
  const { databases } = useConsole();
  return (
    <ConfirmDialog
      title="Delete this snapshot?"
      names={[id]}
      warning="Its data cannot be restored afterwards."
      submit="Delete"
      work={() => databases.deleteSnapshot(id)}
      done={`Deleted the snapshot ${id}.`}
      onClose={onClose}
    />
  );
}
