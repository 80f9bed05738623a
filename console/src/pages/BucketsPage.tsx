import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Bucket } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { ConfirmDialog } from "../components/ConfirmDialog.tsx";
import { CreateBucketDialog } from "../components/CreateBucketDialog.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { SelectionBar } from "../components/SelectionBar.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate, plural } from "../format.ts";
import { eachOf } from "../store/each-of.ts";
import { href } from "../store/router.ts";
import { createSelection } from "../store/selection.ts";

const columns: readonly Column<Bucket>[] = [
  { title: "Bucket", cell: ({ name }) => <ResourceName name={name} to={href("buckets", name)} /> },
  { title: "Region", cell: ({ region }) => <span class="mono nowrap">{region}</span>, from: "tablet" },
  {
    title: "Created",
    cell: ({ creation_date: date }) => <span class="nowrap">{formatDate(date)}</span>,
    from: "tablet",
  },
];

export function BucketsPage() {
  const { storage } = useConsole();
  const { items, loading, error } = useWatched(storage.buckets);
  const dialog = useSignal<"create" | "delete" | undefined>(undefined);
  const selection = useMemo(() => createSelection(() => items.value.map(({ name }) => name)), [items]);
  const chosen = [...selection.keys.value];
  const open = (which: "create" | "delete") => () => {
    dialog.value = which;
  };
  const close = () => {
    dialog.value = undefined;
  };
  const create = (
    <Button kind="primary" icon="plus" onClick={open("create")}>
      Create bucket
    </Button>
  );
  return (
    <>
      <PageHead title="Buckets" about={items.value.length === 0 ? undefined : plural(items.value.length, "bucket")}>
        {items.value.length > 0 && create}
      </PageHead>
      <ErrorNotice error={error.value} />
      <SelectionBar count={chosen.length} onDelete={open("delete")} />
      {loading.value ? (
        <Loading />
      ) : items.value.length === 0 ? (
        <EmptyState icon="bucket" title="No buckets yet" command="aws s3 mb s3://my-bucket">
          <p class="muted">A bucket holds objects: files, under keys of your choice.</p>
          {create}
        </EmptyState>
      ) : (
        <DataTable
          caption="Buckets"
          columns={columns}
          rows={items.value}
          keyOf={({ name }) => name}
          selection={selection}
        />
      )}
      {dialog.value === "create" && <CreateBucketDialog onClose={close} />}
      {dialog.value === "delete" && (
        <ConfirmDialog
          title={`Delete ${plural(chosen.length, "bucket")}?`}
          names={chosen}
          warning="A bucket must be empty to be deleted."
          submit="Delete"
          work={() => eachOf(chosen, (name) => storage.deleteBucket(name))}
          done={`Deleted ${plural(chosen.length, "bucket")}.`}
          onClose={close}
        />
      )}
    </>
  );
}
