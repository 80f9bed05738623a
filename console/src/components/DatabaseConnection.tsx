import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { DatabaseConnection as Connection, Database } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { CodeBlock } from "./CodeBlock.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Loading } from "./Loading.tsx";
import { SetPasswordDialog } from "./SetPasswordDialog.tsx";

/** How to connect, ready to be pasted. The password is in it as long as this page knows it. */
export function DatabaseConnection({ database }: { database: Database }) {
  const password = useConsole().databases.passwords.value.get(database.id);
  const setting = useSignal(false);
  if (database.connection === null) {
    return (
      <Card title="Connect">
        <p class="muted">How to connect is shown here as soon as the server is there.</p>
      </Card>
    );
  }
  return (
    <Card
      title="Connect"
      actions={
        <Button
          size="small"
          icon="key"
          disabled={database.status !== "available"}
          onClick={() => {
            setting.value = true;
          }}
        >
          Set password
        </Button>
      }
    >
      {password === undefined ? (
        <>
          <p class="muted">LocalAWS keeps no passwords: add the one that the database has, or set a new one.</p>
          <ConnectionTexts connection={database.connection} />
        </>
      ) : (
        <>
          <p class="notice wait">
            <span class="break">
              The password is <code>{password}</code>. It is shown until this page is closed or loaded anew, and kept
              nowhere else.
            </span>
            <CopyButton text={password} what="the password" />
          </p>
          <CompleteConnection key={password + database.connection.url} id={database.id} password={password} />
        </>
      )}
      {setting.value && (
        <SetPasswordDialog
          database={database}
          onClose={() => {
            setting.value = false;
          }}
        />
      )}
    </Card>
  );
}

function CompleteConnection({ id, password }: { id: string; password: string }) {
  const { databases } = useConsole();
  const connection = useSignal<Connection | undefined>(undefined);
  const load = useMemo(
    () =>
      createAction(async () => {
        connection.value = await databases.connection(id, password);
      }),
    [databases, id, password, connection],
  );
  useEffect(() => void load.run(), [load]);
  if (connection.value !== undefined) return <ConnectionTexts connection={connection.value} />;
  return load.error.value === undefined ? <Loading /> : <ErrorNotice error={load.error.value} />;
}

function ConnectionTexts({ connection: { url, client, command, env } }: { connection: Connection }) {
  return (
    <>
      <h3>URL</h3>
      <CodeBlock text={url} what="the URL" />
      <h3>{client}</h3>
      <CodeBlock text={command} what={`the ${client} command`} />
      <h3>Environment</h3>
      <CodeBlock text={env.join("\n")} what="the environment lines" />
    </>
  );
}
