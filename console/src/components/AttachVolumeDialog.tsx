import { useMemo } from "preact/hooks";
import type { Volume } from "../api-types.ts";
import { useConsole, useWatched } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function AttachVolumeDialog({ volume, onClose }: { volume: Volume; onClose: () => void }) {
  const { compute, volumes, toasts } = useConsole();
  const instances = useWatched(compute.instances).items.value;
  const fields = useMemo(() => createFields({ instance: "", device: "/dev/sdf" }), []);
  const attach = useMemo(
    () =>
      createAction(async () => {
        const { instance, device } = fields.values();
        await volumes.attach(volume.id, { instance_id: instance, device });
        toasts.say(`Attaching ${volume.id} to ${instance}.`);
      }),
    [volumes, volume.id, fields, toasts],
  );
  const errors = attach.error.value?.fields;
  const suitable = instances.filter(
    ({ availability_zone: zone, state }) => zone === volume.availability_zone && state !== "terminated",
  );
  return (
    <FormDialog title={`Attach ${volume.name ?? volume.id}`} submit="Attach" action={attach} onClose={onClose}>
      <TextField
        label="Instance"
        required
        mono
        autofocus
        placeholder="i-…"
        hint={`One in ${volume.availability_zone}.`}
        suggestions={suitable.map(({ id, name }) => ({ value: id, ...(name !== null && { label: name }) }))}
        error={errors?.get("instance_id")}
        {...fields.bind("instance")}
      />
      <TextField
        label="Device"
        required
        mono
        hint={
          <>
            The instance has its bytes at <code>/mnt/ebs/{fields.values().device.replace(/^\/dev\//, "")}</code>.
          </>
        }
        error={errors?.get("device")}
        {...fields.bind("device")}
      />
    </FormDialog>
  );
}
