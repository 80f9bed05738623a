import type { Database } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { Card } from "./Card.tsx";
import { CodeBlock } from "./CodeBlock.tsx";
import { CopyButton } from "./CopyButton.tsx";

/** How to connect, ready to be pasted. The password is in it as long as this page knows it. */
export function DatabaseConnection({ database }: { database: Database }) {
  const { databases } = useConsole();
  const created = databases.created.value.get(database.id);
  const connection = database.connection && created ? created.connection(database.connection) : database.connection;
  if (connection === null) {
    return (
      <Card title="Connect">
        <p class="muted">How to connect is shown here as soon as the server is there.</p>
      </Card>
    );
  }
  return (
    <Card title="Connect">
      {created === undefined ? (
        <p class="muted">LocalAWS keeps no passwords: add the one that the database was created with.</p>
      ) : (
        <p class="notice wait">
          <span class="break">
            The password is <code>{created.password}</code>. It is shown until this page is closed or loaded anew, and
            kept nowhere else.
          </span>
          <CopyButton text={created.password} what="the password" />
        </p>
      )}
      <h3>URL</h3>
      <CodeBlock text={connection.url} what="the URL" />
      <h3>{connection.client}</h3>
      <CodeBlock text={connection.command} what={`the ${connection.client} command`} />
      <h3>Environment</h3>
      <CodeBlock text={connection.env.join("\n")} what="the environment lines" />
    </Card>
  );
}
