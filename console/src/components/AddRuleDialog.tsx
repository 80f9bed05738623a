import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { createFields } from "../store/fields.ts";
import { SelectField, TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

const directions = [
  { value: "ingress", label: "Inbound" },
  { value: "egress", label: "Outbound" },
];

const protocols = [
  { value: "tcp", label: "TCP" },
  { value: "udp", label: "UDP" },
  { value: "icmp", label: "ICMP" },
  { value: "-1", label: "All" },
];

export function AddRuleDialog({ groupId, onClose }: { groupId: string; onClose: () => void }) {
  const { compute, toasts } = useConsole();
  const fields = useMemo(
    () => createFields({ direction: "ingress", protocol: "tcp", ports: "", peer: "0.0.0.0/0", description: "" }),
    [],
  );
  const add = useMemo(
    () =>
      createAction(async () => {
        const { direction, protocol, ports, peer, description } = fields.values();
        await compute.addRule(groupId, {
          ...{ direction: direction === "egress" ? "egress" : "ingress", protocol, ...portRange(protocol, ports) },
          ...(peer.startsWith("sg-") ? { security_group_id: peer } : { cidr: peer }),
          ...(description !== "" && { description }),
        });
        toasts.say("Added the rule.");
      }),
    [compute, fields, groupId, toasts],
  );
  const direction = fields.bind("direction");
  const protocol = fields.bind("protocol");
  const hasPorts = protocol.value === "tcp" || protocol.value === "udp";
  return (
    <FormDialog title="Add rule" submit="Add" action={add} onClose={onClose}>
      <div class="field-row">
        <SelectField label="Direction" value={direction.value} onChange={direction.onInput} options={directions} />
        <SelectField label="Protocol" value={protocol.value} onChange={protocol.onInput} options={protocols} />
      </div>
      {hasPorts && (
        <TextField
          label="Ports"
          required
          mono
          autofocus
          placeholder="443"
          hint="One, or a range such as 8000-8080."
          error={add.error.value?.fields.get("from_port")}
          {...fields.bind("ports")}
        />
      )}
      <TextField
        label={direction.value === "egress" ? "To" : "From"}
        required
        mono
        hint="Addresses such as 10.0.0.0/8, or a security group's id."
        error={add.error.value?.fields.get("cidr")}
        {...fields.bind("peer")}
      />
      <TextField label="Description" {...fields.bind("description")} />
    </FormDialog>
  );
}

/** EC2 writes -1 for every kind of ICMP, and nothing for every protocol. */
function portRange(protocol: string, ports: string): { from_port?: number; to_port?: number } {
  if (protocol === "-1") return {};
  if (protocol === "icmp") return { from_port: -1, to_port: -1 };
  const [from = "", to = from] = ports.split("-", 2).map((text) => text.trim());
  return { from_port: Number(from), to_port: Number(to) };
}
