import { useMemo } from "preact/hooks";
import type { Database } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function SetPasswordDialog({ database, onClose }: { database: Database; onClose: () => void }) {
  const { databases, toasts } = useConsole();
  const fields = useMemo(() => createFields({ password: "" }), []);
  const set = useMemo(
    () =>
      createAction(async () => {
        const { password } = fields.values();
        await databases.setPassword(database.id, password === "" ? undefined : password);
        toasts.say(`${database.username} has a new password.`);
      }),
    [databases, database.id, database.username, fields, toasts],
  );
  return (
    <FormDialog title={`Set a new password of ${database.username}`} submit="Set" action={set} onClose={onClose}>
      <p>
        {database.cluster === null
          ? "Clients that connect with the old one are refused from then on."
          : `It is that of the cluster ${database.cluster} and all of its members.`}
      </p>
      <TextField
        label="New password"
        type="password"
        autocomplete="new-password"
        autofocus
        hint="8 characters at least. One is made up, where none is given."
        error={set.error.value?.fields.get("password")}
        {...fields.bind("password")}
      />
    </FormDialog>
  );
}
