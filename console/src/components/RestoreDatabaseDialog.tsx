import { useMemo } from "preact/hooks";
import type { DatabaseSnapshot } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { href } from "../store/router.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function RestoreDatabaseDialog({ snapshot, onClose }: { snapshot: DatabaseSnapshot; onClose: () => void }) {
  const { databases, router, toasts } = useConsole();
  const fields = useMemo(() => createFields({ id: "", class: "" }), []);
  const restore = useMemo(
    () =>
      createAction(async () => {
        const { id, class: size } = fields.values();
        await databases.restore(snapshot.id, { db_instance_id: id, ...(size !== "" && { class: size }) });
        toasts.say(`Making the database ${id} of ${snapshot.id}.`);
      }),
    [databases, fields, snapshot.id, toasts],
  );
  const errors = restore.error.value?.fields;
  return (
    <FormDialog
      title={`Restore ${snapshot.id}`}
      submit="Restore"
      action={restore}
      onClose={onClose}
      onDone={() => {
        onClose();
        router.go(href("databases", fields.values().id.toLowerCase()));
      }}
    >
      <p>
        A new database is made of the snapshot. Its user <code>{snapshot.username}</code> has the password of{" "}
        <code>{snapshot.db_instance_id}</code>.
      </p>
      <TextField
        label="Identifier of the new database"
        required
        mono
        autofocus
        placeholder={`${snapshot.db_instance_id}-restored`}
        error={errors?.get("db_instance_id")}
        {...fields.bind("id")}
      />
      <TextField
        label="Class"
        mono
        placeholder="as it was"
        suggestions={[{ value: "db.t3.micro" }, { value: "db.t3.small" }, { value: "db.m5.large" }]}
        error={errors?.get("class")}
        {...fields.bind("class")}
      />
    </FormDialog>
  );
}
