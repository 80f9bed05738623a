import { useSignal } from "@preact/signals";
import { AddRuleDialog } from "../components/AddRuleDialog.tsx";
import { Button } from "../components/Button.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { SecurityGroupRules } from "../components/SecurityGroupRules.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { href } from "../store/router.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";

export function SecurityGroupPage({ id }: { id: string }) {
  const { compute } = useConsole();
  const { items, loading, error } = useWatched(compute.securityGroups);
  const adding = useSignal(false);
  const group = items.value.find((known) => known.id === id);
  if (group === undefined) {
    if (error.value !== undefined) return <ErrorNotice error={error.value} />;
    return loading.value ? <Loading /> : <NotFoundPage what={`There is no security group ${id}.`} />;
  }
  return (
    <>
      <PageHead
        title={group.name}
        parent={{ title: "Security groups", href: href("security-groups") }}
        about={
          <>
            {group.description} · <span class="mono">{id}</span>
          </>
        }
      >
        <Button
          kind="primary"
          icon="plus"
          onClick={() => {
            adding.value = true;
          }}
        >
          Add rule
        </Button>
      </PageHead>
      <div class="cards">
        <SecurityGroupRules title="Inbound" direction="ingress" group={group} />
        <SecurityGroupRules title="Outbound" direction="egress" group={group} />
      </div>
      {adding.value && (
        <AddRuleDialog
          groupId={id}
          onClose={() => {
            adding.value = false;
          }}
        />
      )}
    </>
  );
}
