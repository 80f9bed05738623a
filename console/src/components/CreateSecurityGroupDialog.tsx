import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function CreateSecurityGroupDialog({ onClose }: { onClose: () => void }) {
  const { compute, toasts } = useConsole();
  const fields = useMemo(() => createFields({ name: "", description: "" }), []);
  const create = useMemo(
    () =>
      createAction(async () => {
        const { name, description } = fields.values();
        await compute.createSecurityGroup({ name, description });
        toasts.say(`Created the security group ${name}.`);
      }),
    [compute, fields, toasts],
  );
  const errors = create.error.value?.fields;
  return (
    <FormDialog title="Create security group" submit="Create" action={create} onClose={onClose}>
      <TextField
        label="Name"
        required
        autofocus
        placeholder="web"
        error={errors?.get("name")}
        {...fields.bind("name")}
      />
      <TextField
        label="Description"
        required
        placeholder="Web servers"
        hint="In the default VPC. Rules are added on its page."
        error={errors?.get("description")}
        {...fields.bind("description")}
      />
    </FormDialog>
  );
}
