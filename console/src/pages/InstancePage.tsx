import { Card } from "../components/Card.tsx";
import { ConsoleOutput } from "../components/ConsoleOutput.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { InstanceActions } from "../components/InstanceActions.tsx";
import { InstanceFacts } from "../components/InstanceFacts.tsx";
import { Loading } from "../components/Loading.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { StateBadge } from "../components/StateBadge.tsx";
import { Tabs } from "../components/Tabs.tsx";
import { TerminalPane } from "../components/TerminalPane.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { href } from "../store/router.ts";
import { NotFoundPage } from "./NotFoundPage.tsx";

const tabs = [
  { key: "details", title: "Details" },
  { key: "terminal", title: "Terminal" },
  { key: "output", title: "Console output" },
];

export function InstancePage({ id }: { id: string }) {
  const { compute, router } = useConsole();
  const { items, loading, error } = useWatched(compute.instances);
  const instance = items.value.find((known) => known.id === id);
  if (instance === undefined) {
    if (error.value !== undefined) return <ErrorNotice error={error.value} />;
    return loading.value ? <Loading /> : <NotFoundPage what={`There is no instance ${id}.`} />;
  }
  const asked = router.query.value.get("tab");
  const tab = tabs.some(({ key }) => key === asked) && asked !== null ? asked : "details";
  return (
    <>
      <PageHead
        title={instance.name ?? id}
        parent={{ title: "Instances", href: href("instances") }}
        about={
          <span class="about-line">
            <StateBadge state={instance.state} />
            {instance.name !== null && <span class="mono">{id}</span>}
          </span>
        }
      >
        <InstanceActions instances={[instance]} />
      </PageHead>
      <Tabs
        label={`Instance ${id}`}
        tabs={tabs}
        current={tab}
        onChoose={(key) => router.goWith({ tab: key === "details" ? undefined : key }, { replace: true })}
      >
        {tab === "details" && <InstanceFacts instance={instance} />}
        {tab === "output" && <ConsoleOutput id={id} />}
        {tab === "terminal" &&
          (instance.state === "running" ? (
            <TerminalPane instanceId={id} />
          ) : (
            <Card title="Terminal">
              <EmptyState icon="terminal" title={`The instance is ${instance.state}`}>
                <p class="muted">A terminal opens in an instance that is running.</p>
              </EmptyState>
            </Card>
          ))}
      </Tabs>
    </>
  );
}
