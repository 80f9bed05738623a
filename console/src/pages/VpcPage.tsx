import type { Subnet } from "../api-types.ts";
import { CreateSubnetDialog } from "../components/CreateSubnetDialog.tsx";
import type { Column } from "../components/DataTable.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Loading } from "../components/Loading.tsx";
import { nameAndId, ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { href } from "../store/router.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";

const columns: readonly Column<Subnet>[] = [
  { title: "Subnet", cell: ({ name, id }) => <ResourceName name={name} id={id} /> },
  { title: "Block", cell: ({ cidr }) => <span class="mono nowrap">{cidr}</span> },
  { title: "Zone", cell: ({ availability_zone: zone }) => <span class="nowrap">{zone}</span>, from: "tablet" },
  { title: "Free addresses", cell: (subnet) => subnet.available_addresses.toLocaleString("en"), from: "tablet" },
  {
    title: "Public addresses",
    cell: (subnet) => (subnet.gives_public_addresses ? "at launch" : "on demand"),
    from: "desktop",
  },
];

/** A VPC with its subnets. */
export function VpcPage({ id }: { id: string }) {
  const { network } = useConsole();
  const { items, loading, error } = useWatched(network.vpcs);
  const vpc = items.value.find((known) => known.id === id);
  if (vpc === undefined) {
    if (error.value !== undefined) return <ErrorNotice error={error.value} />;
    return loading.value ? <Loading /> : <NotFoundPage what={`There is no VPC ${id}.`} />;
  }
  const blocks = [vpc.cidr, ...vpc.ipv6_cidrs].join(", ");
  return (
    <ResourceList
      title={vpc.name ?? (vpc.is_default ? "Default VPC" : id)}
      parent={{ title: "VPCs", href: href("vpcs") }}
      about={
        <span class="mono">
          {id} · {blocks}
        </span>
      }
      noun="subnet"
      collection={network.subnets}
      only={(subnet) => subnet.vpc_id === id}
      columns={columns}
      keyOf={(subnet) => subnet.id}
      nameOf={nameAndId}
      create={{ label: "Create subnet", form: (onClose) => <CreateSubnetDialog vpc={vpc} onClose={onClose} /> }}
      deletion={{
        warning: "A subnet that something is in cannot be deleted.",
        work: (subnet) => network.deleteSubnet(subnet.id),
      }}
      empty={{
        icon: "network",
        title: "No subnets yet",
        command: `aws ec2 create-subnet --vpc-id ${id} --cidr-block ${vpc.cidr.replace(/\/\d+$/, "/24")}`,
        children: <p class="muted">Instances of the VPC are launched in one of its subnets.</p>,
      }}
    />
  );
}
