import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { KeyPair } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { ConfirmDialog } from "../components/ConfirmDialog.tsx";
import { CreateKeyPairDialog } from "../components/CreateKeyPairDialog.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { SelectionBar } from "../components/SelectionBar.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { formatDate, plural } from "../format.ts";
import { eachOf } from "../store/each-of.ts";
import { createSelection } from "../store/selection.ts";

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
  const { items, loading, error } = useWatched(compute.keyPairs);
  const dialog = useSignal<"create" | "delete" | undefined>(undefined);
  const selection = useMemo(() => createSelection(() => items.value.map(({ name }) => name)), [items]);
  const chosen = [...selection.keys.value];
  const open = (which: "create" | "delete") => () => {
    dialog.value = which;
  };
  const close = () => {
    dialog.value = undefined;
  };
  const create = (
    <Button kind="primary" icon="plus" onClick={open("create")}>
      Create key pair
    </Button>
  );
  return (
    <>
      <PageHead title="Key pairs" about={items.value.length === 0 ? undefined : plural(items.value.length, "key pair")}>
        {items.value.length > 0 && create}
      </PageHead>
      <ErrorNotice error={error.value} />
      <SelectionBar count={chosen.length} onDelete={open("delete")} />
      {loading.value ? (
        <Loading />
      ) : items.value.length === 0 ? (
        <EmptyState
          icon="key"
          title="No key pairs yet"
          command="aws ec2 create-key-pair --key-name my-key --query KeyMaterial --output text > my-key.pem"
        >
          <p class="muted">The private key is yours alone: it is handed out once, at its creation.</p>
          {create}
        </EmptyState>
      ) : (
        <DataTable
          caption="Key pairs"
          columns={columns}
          rows={items.value}
          keyOf={({ name }) => name}
          selection={selection}
        />
      )}
      {dialog.value === "create" && <CreateKeyPairDialog onClose={close} />}
      {dialog.value === "delete" && (
        <ConfirmDialog
          title={`Delete ${plural(chosen.length, "key pair")}?`}
          names={chosen}
          warning="Instances that were launched with it keep the public key."
          submit="Delete"
          work={() => eachOf(chosen, (name) => compute.deleteKeyPair(name))}
          done={`Deleted ${plural(chosen.length, "key pair")}.`}
          onClose={close}
        />
      )}
    </>
  );
}
