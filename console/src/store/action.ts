import { type ReadonlySignal, signal } from "@preact/signals";
import { type ApiError, toApiError } from "../api.ts";

/** Something that a person starts: whether it is under way, and why it failed the last time. */
export interface Action<Arguments extends readonly unknown[]> {
  readonly running: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  /** Whether it succeeded. Does nothing while it is under way. */
  run(...args: Arguments): Promise<boolean>;
  clear(): void;
}

export function createAction<Arguments extends readonly unknown[]>(
  work: (...args: Arguments) => Promise<unknown>,
): Action<Arguments> {
  const running = signal(false);
  const error = signal<ApiError | undefined>();
  return {
    running,
    error,
    async run(...args) {
      if (running.value) return false;
      running.value = true;
      error.value = undefined;
      try {
        await work(...args);
        return true;
      } catch (caught) {
        error.value = toApiError(caught);
        return false;
      } finally {
        running.value = false;
      }
    },
    clear() {
      error.value = undefined;
    },
  };
}
