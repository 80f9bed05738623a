import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import type { OpenTerminal } from "../store/terminals.ts";
import type { ConnectionState } from "../terminal/connection.ts";
import type { Shell } from "../terminal/shell.ts";
import { Button } from "./Button.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Loading } from "./Loading.tsx";

/** The terminals in an instance, one of them shown; the first opens by itself. */
export function TerminalPane({ instanceId }: { instanceId: string }) {
  const { terminals } = useConsole();
  const current = useSignal<string | undefined>(undefined);
  const open = useMemo(
    () =>
      createAction(async () => {
        current.value = (await terminals.open(instanceId)).key;
      }),
    [terminals, instanceId, current],
  );
  const mine = terminals.list.value.filter((terminal) => terminal.instanceId === instanceId);
  const shown = mine.find(({ key }) => key === current.value) ?? mine.at(-1);
  useEffect(() => {
    if (!terminals.list.peek().some((terminal) => terminal.instanceId === instanceId)) void open.run();
  }, [terminals, instanceId, open]);
  return (
    <section class="terminal-pane" aria-label="Terminal">
      <div class="terminal-bar">
        {mine.map((terminal) => (
          <TerminalTab
            key={terminal.key}
            terminal={terminal}
            current={terminal === shown}
            onChoose={() => {
              current.value = terminal.key;
            }}
          />
        ))}
        <Button
          kind="quiet"
          size="small"
          icon="plus"
          label="New terminal"
          busy={open.running.value}
          onClick={() => void open.run()}
        />
      </div>
      <ErrorNotice error={open.error.value} />
      {shown === undefined ? (
        open.running.value ? (
          <Loading />
        ) : (
          <p class="terminal-none">No terminal is open.</p>
        )
      ) : (
        <ShellView key={shown.key} shell={shown.shell} />
      )}
    </section>
  );
}

function TerminalTab({
  terminal,
  current,
  onChoose,
}: {
  terminal: OpenTerminal;
  current: boolean;
  onChoose: () => void;
}) {
  const { terminals } = useConsole();
  return (
    <span class="terminal-tab">
      <button type="button" aria-pressed={current} onClick={onChoose}>
        {terminal.title}
      </button>
      <Button
        kind="quiet"
        size="small"
        icon="close"
        label={`Close ${terminal.title}`}
        onClick={() => terminals.close(terminal.key)}
      />
    </span>
  );
}

function ShellView({ shell }: { shell: Shell }) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (parent.current === null) return undefined;
    const hide = shell.show(parent.current);
    shell.focus();
    return hide;
  }, [shell]);
  const words = wordsFor(shell.state.value);
  return (
    <>
      <div class="terminal-screen" ref={parent} />
      <p class="terminal-state" role="status">
        {words}
      </p>
    </>
  );
}

function wordsFor(state: ConnectionState): string {
  switch (state.kind) {
    case "connecting":
      return "Connecting";
    case "open":
      return "Connected";
    case "reconnecting":
      return "The connection broke: connecting again";
    case "exited":
      return `The shell ended with exit code ${state.code}`;
    case "failed":
      return state.message;
  }
}
