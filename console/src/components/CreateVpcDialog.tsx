import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function CreateVpcDialog({ onClose }: { onClose: () => void }) {
  const { network, toasts } = useConsole();
  const fields = useMemo(() => createFields({ name: "", cidr: "10.0.0.0/16" }), []);
  const create = useMemo(
    () =>
      createAction(async () => {
        const { name, cidr } = fields.values();
        await network.createVpc({ cidr, ...(name !== "" && { name }) });
        toasts.say(`Created the VPC ${name || cidr}.`);
      }),
    [network, fields, toasts],
  );
  const errors = create.error.value?.fields;
  return (
    <FormDialog title="Create a VPC" submit="Create" action={create} onClose={onClose}>
      <TextField label="Name" autofocus placeholder="my-vpc" error={errors?.get("name")} {...fields.bind("name")} />
      <TextField
        label="IPv4 block"
        required
        mono
        hint="Between /16 and /28."
        error={errors?.get("cidr")}
        {...fields.bind("cidr")}
      />
    </FormDialog>
  );
}
