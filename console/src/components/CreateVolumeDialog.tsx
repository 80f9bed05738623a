import { useMemo } from "preact/hooks";
import { useConsole, useWatched } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

const types = ["gp3", "gp2", "io2", "io1", "st1", "sc1", "standard"];

export function CreateVolumeDialog({ onClose }: { onClose: () => void }) {
  const { compute, volumes, toasts } = useConsole();
  const instances = useWatched(compute.instances).items.value;
  const fields = useMemo(() => createFields({ name: "", size: "8", type: "gp3", zone: "" }), []);
  const create = useMemo(
    () =>
      createAction(async () => {
        const { name, size, type, zone } = fields.values();
        await volumes.create({
          ...{ size: Number(size), type },
          ...(name !== "" && { name }),
          ...(zone !== "" && { availability_zone: zone }),
        });
        toasts.say(`Creating a volume of ${size} GiB.`);
      }),
    [volumes, fields, toasts],
  );
  const errors = create.error.value?.fields;
  const zones = new Set(instances.flatMap(({ availability_zone: zone }) => zone ?? []));
  return (
    <FormDialog title="Create a volume" submit="Create" action={create} onClose={onClose}>
      <TextField label="Name" autofocus placeholder="data" error={errors?.get("name")} {...fields.bind("name")} />
      <div class="field-row">
        <TextField
          label="Size (GiB)"
          type="number"
          min={1}
          required
          error={errors?.get("size")}
          {...fields.bind("size")}
        />
        <TextField
          label="Type"
          required
          mono
          suggestions={types.map((value) => ({ value }))}
          error={errors?.get("type")}
          {...fields.bind("type")}
        />
      </div>
      <TextField
        label="Availability zone"
        mono
        placeholder="the region's first"
        hint="That of the instance that it is for."
        suggestions={[...zones].sort().map((value) => ({ value }))}
        error={errors?.get("availability_zone")}
        {...fields.bind("zone")}
      />
    </FormDialog>
  );
}
