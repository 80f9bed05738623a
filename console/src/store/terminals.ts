import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type { Shell } from "../terminal/shell.ts";

export interface OpenTerminal {
  readonly key: string;
  readonly instanceId: string;
  readonly title: string;
  readonly shell: Shell;
}

/** The terminals that are open, whether they are looked at or not: they stay while one is on other pages. */
export interface Terminals {
  readonly list: ReadonlySignal<readonly OpenTerminal[]>;
  open(instanceId: string): Promise<OpenTerminal>;
  close(key: string): void;
  closeAll(): void;
}

export function createTerminals(api: Api): Terminals {
  const list = signal<readonly OpenTerminal[]>([]);
  const counts = new Map<string, number>();
  const terminals: Terminals = {
    list,
    async open(instanceId) {
      const { openShell } = await import("../terminal/shell.ts");
      const number = (counts.get(instanceId) ?? 0) + 1;
      counts.set(instanceId, number);
      const title = `Shell ${number}`;
      const shell = openShell(api, instanceId, `${title} in ${instanceId}`);
      const opened = { key: `${instanceId}-${number}`, instanceId, title, shell };
      list.value = [...list.value, opened];
      return opened;
    },
    close(key) {
      list.value.find((open) => open.key === key)?.shell.close();
      list.value = list.value.filter((open) => open.key !== key);
    },
    closeAll() {
      for (const { key } of list.value) terminals.close(key);
    },
  };
  return terminals;
}
