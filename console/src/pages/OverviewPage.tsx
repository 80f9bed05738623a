import { useEffect } from "preact/hooks";
import { Card } from "../components/Card.tsx";
import { CodeBlock } from "../components/CodeBlock.tsx";
import { ErrorNotice } from "../components/ErrorNotice.tsx";
import { Facts } from "../components/Facts.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { SummaryCard } from "../components/SummaryCard.tsx";
import { useConsole, useWatched } from "../console-context.ts";
import { href } from "../store/router.ts";

/** As `localaws env` prints them, for the key that is there unless it was changed. */
function environment(endpoint: string, region: string): string {
  return [
    `export AWS_ENDPOINT_URL=${endpoint}`,
    "export AWS_ACCESS_KEY_ID=test",
    "export AWS_SECRET_ACCESS_KEY=test",
    `export AWS_REGION=${region}`,
  ].join("\n");
}

export function OverviewPage() {
  const { server, compute, storage, databases } = useConsole();
  useEffect(() => void server.load(), [server]);
  const instances = useWatched(compute.instances);
  const buckets = useWatched(storage.buckets);
  const list = useWatched(databases.list);
  const health = server.health.value;
  return (
    <>
      <PageHead title="Overview" about="EC2, S3 and RDS, running on this machine." />
      <ErrorNotice error={server.error.value} />
      <div class="summaries">
        <SummaryCard
          icon="instance"
          title="Instances"
          href={href("instances")}
          collection={instances}
          active={({ state }) => state === "running"}
          activeWord="running"
        />
        <SummaryCard icon="bucket" title="Buckets" href={href("buckets")} collection={buckets} />
        <SummaryCard
          icon="database"
          title="Databases"
          href={href("databases")}
          collection={list}
          active={({ status }) => status === "available"}
          activeWord="available"
        />
      </div>
      <div class="cards">
        {health && (
          <Card title="Use it from a terminal">
            <p class="muted">The aws CLI, the SDKs and Terraform’s provider use LocalAWS with these:</p>
            <CodeBlock text={environment(server.endpoint, health.region)} what="the environment lines" />
            <p class="muted">
              The key <code>test</code> with the secret <code>test</code> is there unless LOCALAWS_CREDENTIALS changes
              it.
            </p>
          </Card>
        )}
        {health && (
          <Card title="Server">
            <Facts
              items={[
                ["Endpoint", <span class="mono">{server.endpoint}</span>],
                ["Region", health.region],
                ["Version", health.version],
                ["Runtime", health.runtime],
                ["Services", Object.keys(health.services).join(", ")],
                ["API", <a href="/docs/">JSON API reference</a>],
              ]}
            />
          </Card>
        )}
        {health && health.limitations.length > 0 && (
          <Card title="What this runtime cannot do here">
            <ul class="bullets">
              {health.limitations.map((limitation) => (
                <li key={limitation}>{limitation}</li>
              ))}
            </ul>
          </Card>
        )}
      </div>
    </>
  );
}
