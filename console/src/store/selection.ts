import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** Which rows of a table are ticked; those that are gone are no longer. */
export interface Selection {
  readonly keys: ReadonlySignal<ReadonlySet<string>>;
  set(key: string, selected: boolean): void;
  setAll(selected: boolean): void;
  clear(): void;
}

export function createSelection(present: () => readonly string[]): Selection {
  const chosen = signal<ReadonlySet<string>>(new Set());
  return {
    keys: computed(() => new Set(present().filter((key) => chosen.value.has(key)))),
    set(key, selected) {
      const next = new Set(chosen.value);
      if (selected) next.add(key);
      else next.delete(key);
      chosen.value = next;
    },
    setAll(selected) {
      chosen.value = new Set(selected ? present() : []);
    },
    clear() {
      chosen.value = new Set();
    },
  };
}
