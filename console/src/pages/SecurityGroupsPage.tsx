import type { SecurityGroup } from "../api-types.ts";
import { CreateSecurityGroupDialog } from "../components/CreateSecurityGroupDialog.tsx";
import type { Column } from "../components/DataTable.tsx";
import { nameAndId, ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { useConsole } from "../console-context.ts";
import { plural } from "../format.ts";
import { href } from "../store/router.ts";

const columns: readonly Column<SecurityGroup>[] = [
  {
    title: "Security group",
    cell: ({ name, id }) => <ResourceName name={name} id={id} to={href("security-groups", id)} />,
  },
  {
    title: "Inbound",
    cell: ({ rules }) => plural(rules.filter(({ direction }) => direction === "ingress").length, "rule"),
  },
  {
    title: "Outbound",
    cell: ({ rules }) => plural(rules.filter(({ direction }) => direction === "egress").length, "rule"),
    from: "tablet",
  },
  { title: "Description", cell: ({ description }) => <span class="break">{description}</span>, from: "tablet" },
  { title: "VPC", cell: ({ vpc_id: vpc }) => <span class="mono">{vpc ?? "–"}</span>, from: "desktop" },
];

export function SecurityGroupsPage() {
  const { compute } = useConsole();
  return (
    <ResourceList
      title="Security groups"
      noun="group"
      collection={compute.securityGroups}
      columns={columns}
      keyOf={({ id }) => id}
      nameOf={nameAndId}
      create={{ label: "Create security group", form: (onClose) => <CreateSecurityGroupDialog onClose={onClose} /> }}
      deletion={{
        warning: "A group that something uses cannot be deleted.",
        work: ({ id }) => compute.deleteSecurityGroup(id),
      }}
      empty={{
        icon: "shield",
        title: "No security groups",
        children: <p class="muted">Each VPC has one by default: where there is no VPC, there is none.</p>,
      }}
    />
  );
}
