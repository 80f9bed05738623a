import type { Bucket } from "../api-types.ts";
import { CreateBucketDialog } from "../components/CreateBucketDialog.tsx";
import type { Column } from "../components/DataTable.tsx";
import { ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { useConsole } from "../console-context.ts";
import { formatDate } from "../format.ts";
import { href } from "../store/router.ts";

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
  return (
    <ResourceList
      title="Buckets"
      noun="bucket"
      collection={storage.buckets}
      columns={columns}
      keyOf={({ name }) => name}
      create={{ label: "Create bucket", form: (onClose) => <CreateBucketDialog onClose={onClose} /> }}
      deletion={{
        warning: "A bucket must be empty to be deleted.",
        work: ({ name }) => storage.deleteBucket(name),
      }}
      empty={{
        icon: "bucket",
        title: "No buckets yet",
        command: "aws s3 mb s3://my-bucket",
        children: <p class="muted">A bucket holds objects: files, under keys of your choice.</p>,
      }}
    />
  );
}
