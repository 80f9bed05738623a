import type { KeyPair } from "../api-types.ts";
import { CreateKeyPairDialog } from "../components/CreateKeyPairDialog.tsx";
import type { Column } from "../components/DataTable.tsx";
import { ResourceList } from "../components/ResourceList.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { useConsole } from "../console-context.ts";
import { formatDate } from "../format.ts";

const columns: readonly Column<KeyPair>[] = [
  { title: "Key pair", cell: ({ name, id }) => <ResourceName name={name} id={id} /> },
  { title: "Type", cell: ({ type }) => <span class="mono">{type}</span> },
  { title: "Fingerprint", cell: ({ fingerprint }) => <span class="mono break">{fingerprint}</span>, from: "desktop" },
  {
    title: "Created",
    cell: ({ creation_date: date }) => <span class="nowrap">{formatDate(date)}</span>,
    from: "tablet",
  },
];

export function KeyPairsPage() {
  const { compute } = useConsole();
  return (
    <ResourceList
      title="Key pairs"
      noun="key pair"
      collection={compute.keyPairs}
      columns={columns}
      keyOf={({ name }) => name}
      create={{ label: "Create key pair", form: (onClose) => <CreateKeyPairDialog onClose={onClose} /> }}
      deletion={{
        warning: "Instances that were launched with it keep the public key.",
        work: ({ name }) => compute.deleteKeyPair(name),
      }}
      empty={{
        icon: "key",
        title: "No key pairs yet",
        command: "aws ec2 create-key-pair --key-name my-key --query KeyMaterial --output text > my-key.pem",
        children: <p class="muted">The private key is yours alone: it is handed out once, at its creation.</p>,
      }}
    />
  );
}
