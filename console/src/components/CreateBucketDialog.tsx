import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function CreateBucketDialog({ onClose }: { onClose: () => void }) {
  const { storage, toasts } = useConsole();
  const name = useSignal("");
  const create = useMemo(
    () =>
      createAction(async () => {
        await storage.createBucket({ name: name.value });
        toasts.say(`Created the bucket ${name.value}.`);
      }),
    [storage, toasts, name],
  );
  return (
    <FormDialog title="Create bucket" submit="Create" action={create} onClose={onClose}>
      <TextField
        label="Name"
        required
        mono
        autofocus
        placeholder="my-bucket"
        hint="3 to 63 lower-case letters, digits, dots and hyphens."
        error={create.error.value?.fields.get("name")}
        value={name.value}
        onInput={(value) => {
          name.value = value;
        }}
      />
    </FormDialog>
  );
}
