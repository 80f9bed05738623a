import { type ReadonlySignal, signal } from "@preact/signals";

export interface Toast {
  readonly id: number;
  readonly text: string;
}

/** What was done, said in passing. Errors are not said here: they stay where they happened. */
export interface Toasts {
  readonly list: ReadonlySignal<readonly Toast[]>;
  say(text: string): void;
}

const shownMs = 4000;

export function createToasts(): Toasts {
  const list = signal<readonly Toast[]>([]);
  let last = 0;
  return {
    list,
    say(text) {
      last += 1;
      const id = last;
      list.value = [...list.value.slice(-2), { id, text }];
      setTimeout(() => {
        list.value = list.value.filter((toast) => toast.id !== id);
      }, shownMs);
    },
  };
}
