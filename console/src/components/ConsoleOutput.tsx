import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";

/** What the machine has written to its console, when it was last asked. */
export function ConsoleOutput({ id }: { id: string }) {
  const { compute } = useConsole();
  const output = useSignal<string | undefined>(undefined);
  const read = useMemo(
    () =>
      createAction(async () => {
        output.value = await compute.consoleOutput(id);
      }),
    [compute, id, output],
  );
  useEffect(() => {
    void read.run();
  }, [read]);
  return (
    <Card
      title="Console output"
      actions={
        <Button size="small" icon="restart" busy={read.running.value} onClick={() => void read.run()}>
          Read again
        </Button>
      }
    >
      <ErrorNotice error={read.error.value} />
      {output.value === "" && <p class="muted">The machine has written nothing since its last start.</p>}
      {output.value !== undefined && output.value !== "" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region without a control inside
        <pre class="output" tabIndex={0}>
          {output.value}
        </pre>
      )}
    </Card>
  );
}
