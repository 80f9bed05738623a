import type { Vpc } from "../api-types.ts";
import { CreateVpcDialog } from "../components/CreateVpcDialog.tsx";
import type { Column } from "../components/DataTable.tsx";
import { nameAndId, ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { useConsole } from "../console-context.ts";
import { href } from "../store/router.ts";

const columns: readonly Column<Vpc>[] = [
  { title: "VPC", cell: ({ name, id }) => <ResourceName name={name} id={id} to={href("vpcs", id)} /> },
  { title: "Block", cell: ({ cidr }) => <span class="mono nowrap">{cidr}</span> },
  { title: "State", cell: ({ state }) => <StateBadge state={state} />, from: "tablet" },
  { title: "Default", cell: ({ is_default: isDefault }) => (isDefault ? "yes" : "no"), from: "tablet" },
];

export function VpcsPage() {
  const { network } = useConsole();
  return (
    <ResourceList
      title="VPCs"
      noun="VPC"
      collection={network.vpcs}
      columns={columns}
      keyOf={({ id }) => id}
      nameOf={nameAndId}
      create={{ label: "Create VPC", form: (onClose) => <CreateVpcDialog onClose={onClose} /> }}
      deletion={{
        warning: "A VPC that holds something, such as a subnet, cannot be deleted.",
        work: ({ id }) => network.deleteVpc(id),
      }}
      empty={{
        icon: "network",
        title: "No VPCs",
        command: "aws ec2 create-default-vpc",
        children: <p class="muted">A VPC is a network of its own, whose subnets instances are launched in.</p>,
      }}
    />
  );
}
