import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function TakeSnapshotDialog({ databaseId, onClose }: { databaseId: string; onClose: () => void }) {
  const { databases, toasts } = useConsole();
  const fields = useMemo(() => createFields({ id: "" }), []);
  const take = useMemo(
    () =>
      createAction(async () => {
        const { id } = fields.values();
        await databases.takeSnapshot({ id, db_instance_id: databaseId });
        toasts.say(`Taking the snapshot ${id}.`);
      }),
    [databases, databaseId, fields, toasts],
  );
  return (
    <FormDialog title={`Take a snapshot of ${databaseId}`} submit="Take snapshot" action={take} onClose={onClose}>
      <TextField
        label="Snapshot identifier"
        required
        mono
        autofocus
        placeholder="before-the-migration"
        hint="Letters, digits and hyphens."
        error={take.error.value?.fields.get("id")}
        {...fields.bind("id")}
      />
    </FormDialog>
  );
}
