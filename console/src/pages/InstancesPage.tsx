import { computed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Instance } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { InstanceActions } from "../components/InstanceActions.tsx";
import { LaunchDialog } from "../components/LaunchDialog.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate, plural } from "../format.ts";
import { href } from "../store/router.ts";
import { createSelection } from "../store/selection.ts";

const columns: readonly Column<Instance>[] = [
  {
    title: "Instance",
    cell: ({ id, name }) => (
      <ResourceName name={name ?? id} id={name === null ? undefined : id} to={href("instances", id)} />
    ),
  },
  { title: "State", cell: ({ state }) => <StateBadge state={state} /> },
  { title: "Type", cell: ({ instance_type: type }) => <span class="mono nowrap">{type}</span>, from: "tablet" },
  { title: "Image", cell: ({ ami }) => <span class="mono break">{ami}</span>, from: "desktop" },
  { title: "Private address", cell: ({ private_ip: ip }) => <span class="mono">{ip ?? "–"}</span>, from: "tablet" },
  {
    title: "Launched",
    cell: ({ launch_time: time }) => <span class="nowrap">{formatDate(time)}</span>,
    from: "desktop",
  },
];

export function InstancesPage() {
  const { compute } = useConsole();
  const { items, loading, error } = useWatched(compute.instances);
  const launching = useSignal(false);
  const sorted = useMemo(() => computed(() => items.value.toSorted(byLaunch)), [items]);
  const selection = useMemo(() => createSelection(() => sorted.value.map(({ id }) => id)), [sorted]);
  const chosen = sorted.value.filter(({ id }) => selection.keys.value.has(id));
  const running = items.value.filter(({ state }) => state === "running").length;
  const launch = (
    <Button
      kind="primary"
      icon="plus"
      onClick={() => {
        launching.value = true;
      }}
    >
      Launch instance
    </Button>
  );
  return (
    <>
      <PageHead
        title="Instances"
        about={items.value.length === 0 ? undefined : `${running} of ${plural(items.value.length, "instance")} running`}
      >
        {items.value.length > 0 && launch}
      </PageHead>
      <ErrorNotice error={error.value} />
      {chosen.length > 0 && <InstanceActions instances={chosen} counted />}
      {loading.value ? (
        <Loading />
      ) : items.value.length === 0 ? (
        <EmptyState
          icon="instance"
          title="No instances yet"
          command="aws ec2 run-instances --image-id alpine:latest --instance-type t2.micro"
        >
          <p class="muted">An instance runs an AMI of the catalogue, or any Docker image by its name.</p>
          {launch}
        </EmptyState>
      ) : (
        <DataTable
          caption="Instances"
          columns={columns}
          rows={sorted.value}
          keyOf={({ id }) => id}
          selection={selection}
        />
      )}
      {launching.value && (
        <LaunchDialog
          onClose={() => {
            launching.value = false;
          }}
        />
      )}
    </>
  );
}

/** Those that are gone come last, and the newest first. */
function byLaunch(a: Instance, b: Instance): number {
  const gone = Number(a.state === "terminated") - Number(b.state === "terminated");
  return gone || (b.launch_time ?? "").localeCompare(a.launch_time ?? "") || a.id.localeCompare(b.id);
}
