import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { SecurityGroup } from "../api-types.ts";
import { Button } from "../components/Button.tsx";
import { ConfirmDialog } from "../components/ConfirmDialog.tsx";
import { CreateSecurityGroupDialog } from "../components/CreateSecurityGroupDialog.tsx";
import { type Column, DataTable } from "../components/DataTable.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { ResourceName } from "../components/ResourceName.tsx";
import { SelectionBar } from "../components/SelectionBar.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { plural } from "../format.ts";
import { eachOf } from "../store/each-of.ts";
import { href } from "../store/router.ts";
import { createSelection } from "../store/selection.ts";

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

/** There is always one at least: the default VPC's. */
export function SecurityGroupsPage() {
  const { compute } = useConsole();
  const { items, loading, error } = useWatched(compute.securityGroups);
  const dialog = useSignal<"create" | "delete" | undefined>(undefined);
  const selection = useMemo(() => createSelection(() => items.value.map(({ id }) => id)), [items]);
  const chosen = items.value.filter(({ id }) => selection.keys.value.has(id));
  const open = (which: "create" | "delete") => () => {
    dialog.value = which;
  };
  const close = () => {
    dialog.value = undefined;
  };
  return (
    <>
      <PageHead title="Security groups" about={loading.value ? undefined : plural(items.value.length, "group")}>
        <Button kind="primary" icon="plus" onClick={open("create")}>
          Create security group
        </Button>
      </PageHead>
      <ErrorNotice error={error.value} />
      <SelectionBar count={chosen.length} onDelete={open("delete")} />
      {loading.value ? (
        <Loading />
      ) : (
        <DataTable
          caption="Security groups"
          columns={columns}
          rows={items.value}
          keyOf={({ id }) => id}
          selection={selection}
        />
      )}
      {dialog.value === "create" && <CreateSecurityGroupDialog onClose={close} />}
      {dialog.value === "delete" && (
        <ConfirmDialog
          title={`Delete ${plural(chosen.length, "security group")}?`}
          names={chosen.map(({ name, id }) => `${name} (${id})`)}
          warning="A group that something uses cannot be deleted."
          submit="Delete"
          work={() => eachOf(chosen, ({ id }) => compute.deleteSecurityGroup(id))}
          done={`Deleted ${plural(chosen.length, "security group")}.`}
          onClose={close}
        />
      )}
    </>
  );
}
