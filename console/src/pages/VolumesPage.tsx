import { useSignal } from "@preact/signals";
import type { Volume } from "../api-types.ts";
import { AttachVolumeDialog } from "../components/AttachVolumeDialog.tsx";
import { Button } from "../components/Button.tsx";
import { ConfirmDialog } from "../components/ConfirmDialog.tsx";
import { CreateVolumeDialog } from "../components/CreateVolumeDialog.tsx";
import type { Column } from "../components/DataTable.tsx";
import { nameAndId, ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { useConsole } from "../console-context.ts";
import { formatDate } from "../format.ts";
import { href } from "../store/router.ts";

const columns: readonly Column<Volume>[] = [
  { title: "Volume", cell: ({ name, id }) => <ResourceName name={name} id={id} /> },
  { title: "State", cell: ({ state }) => <StateBadge state={state} /> },
  {
    title: "Size",
    cell: ({ size, type }) => (
      <span class="nowrap">
        {size} GiB <span class="muted">{type}</span>
      </span>
    ),
    from: "tablet",
  },
  {
    title: "Attached to",
    cell: ({ attachments: [attachment] }) =>
      attachment === undefined ? (
        "–"
      ) : (
        <span class="resource-name">
          <a class="mono" href={href("instances", attachment.instance_id)}>
            {attachment.instance_id}
          </a>
          <span class="mono muted">{attachment.device}</span>
        </span>
      ),
    from: "tablet",
  },
  { title: "Zone", cell: ({ availability_zone: zone }) => <span class="nowrap">{zone}</span>, from: "desktop" },
  {
    title: "Created",
    cell: ({ creation_date: date }) => <span class="nowrap">{formatDate(date)}</span>,
    from: "desktop",
  },
];

export function VolumesPage() {
  const { volumes } = useConsole();
  const asked = useSignal<{ what: "attach" | "detach"; volume: Volume } | undefined>(undefined);
  const close = () => {
    asked.value = undefined;
  };
  const actions = ([volume, ...more]: readonly Volume[]) => {
    const one = more.length === 0 ? volume : undefined;
    return (["attach", "detach"] as const).map((what) => (
      <Button
        key={what}
        size="small"
        icon="link"
        disabled={one?.state !== (what === "attach" ? "available" : "in-use")}
        onClick={() => {
          if (one !== undefined) asked.value = { what, volume: one };
        }}
      >
        {what === "attach" ? "Attach" : "Detach"}
      </Button>
    ));
  };
  return (
    <>
      <ResourceList
        title="Volumes"
        noun="volume"
        collection={volumes.list}
        columns={columns}
        keyOf={({ id }) => id}
        nameOf={nameAndId}
        create={{ label: "Create volume", form: (onClose) => <CreateVolumeDialog onClose={onClose} /> }}
        actions={actions}
        deletion={{
          warning: "Their data are deleted, too, and this cannot be undone. What is attached cannot be deleted.",
          work: ({ id }) => volumes.remove(id),
        }}
        empty={{
          icon: "disk",
          title: "No volumes yet",
          command: "aws ec2 create-volume --size 8 --availability-zone us-east-1a",
          children: <p class="muted">A volume holds bytes that outlive the instance that it is attached to.</p>,
        }}
      />
      {asked.value?.what === "attach" && <AttachVolumeDialog volume={asked.value.volume} onClose={close} />}
      {asked.value?.what === "detach" && <DetachDialog volume={asked.value.volume} onClose={close} />}
    </>
  );
}

function DetachDialog({ volume, onClose }: { volume: Volume; onClose: () => void }) {
  const { volumes } = useConsole();
  return (
    <ConfirmDialog
      title="Detach this volume?"
      names={[nameAndId(volume)]}
      warning={`Programs of ${volume.attachments[0]?.instance_id} that use it lose it; its data stay.`}
      submit="Detach"
      work={() => volumes.detach(volume.id)}
      done={`Detaching ${volume.id}.`}
      onClose={onClose}
    />
  );
}
