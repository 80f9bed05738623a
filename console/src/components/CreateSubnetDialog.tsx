import { useMemo } from "preact/hooks";
import type { Vpc } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

export function CreateSubnetDialog({ vpc, onClose }: { vpc: Vpc; onClose: () => void }) {
  const { network, toasts } = useConsole();
  const fields = useMemo(() => createFields({ name: "", cidr: "", zone: "" }), []);
  const create = useMemo(
    () =>
      createAction(async () => {
        const { name, cidr, zone } = fields.values();
        await network.createSubnet({
          ...{ vpc_id: vpc.id, cidr },
          ...(name !== "" && { name }),
          ...(zone !== "" && { availability_zone: zone }),
        });
        toasts.say(`Created the subnet ${name || cidr}.`);
      }),
    [network, fields, toasts, vpc.id],
  );
  const errors = create.error.value?.fields;
  const zones = [...new Set(network.subnets.items.value.map((subnet) => subnet.availability_zone))].sort();
  return (
    <FormDialog title="Create a subnet" submit="Create" action={create} onClose={onClose}>
      <TextField label="Name" autofocus placeholder="private-a" error={errors?.get("name")} {...fields.bind("name")} />
      <TextField
        label="IPv4 block"
        required
        mono
        placeholder={vpc.cidr.replace(/\/\d+$/, "/24")}
        hint={`Within ${vpc.cidr}, apart from those of the other subnets.`}
        error={errors?.get("cidr")}
        {...fields.bind("cidr")}
      />
      <TextField
        label="Availability zone"
        mono
        placeholder="any"
        suggestions={zones.map((value) => ({ value }))}
        error={errors?.get("availability_zone")}
        {...fields.bind("zone")}
      />
    </FormDialog>
  );
}
