import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";

/** The last lines that the server has written, when it was last asked. */
export function DatabaseLog({ id }: { id: string }) {
  const { databases } = useConsole();
  const log = useSignal<string | undefined>(undefined);
  const read = useMemo(
    () =>
      createAction(async () => {
        log.value = await databases.log(id);
      }),
    [databases, id, log],
  );
  useEffect(() => {
    void read.run();
  }, [read]);
  return (
    <Card
      title="Log"
      actions={
        <Button size="small" icon="restart" busy={read.running.value} onClick={() => void read.run()}>
          Read again
        </Button>
      }
    >
      <ErrorNotice error={read.error.value} />
      {log.value === "" && <p class="muted">The server has written nothing.</p>}
      {log.value !== undefined && log.value !== "" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region without a control inside
        <pre class="output" tabIndex={0}>
          {log.value}
        </pre>
      )}
    </Card>
  );
}
