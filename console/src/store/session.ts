import { type ReadonlySignal, signal } from "@preact/signals";

export interface Session {
  readonly token: ReadonlySignal<string | undefined>;
  /** The session ended by itself: the login page says so. */
  readonly expired: ReadonlySignal<boolean>;
  start(token: string): void;
  end(reason?: "expired"): void;
}

const key = "localaws.token";

/**
 * The token is kept in sessionStorage: it outlives a reload, and no other tab has it. localStorage would hand it to every
 * page of this origin, and one of those may be an HTML object of somebody's bucket that is opened from the same port.
 */
export function createSession(storage: Storage): Session {
  const token = signal(storage.getItem(key) ?? undefined);
  const expired = signal(false);
  return {
    token,
    expired,
    start(issued) {
      storage.setItem(key, issued);
      expired.value = false;
      token.value = issued;
    },
    end(reason) {
      storage.removeItem(key);
      expired.value = reason === "expired";
      token.value = undefined;
    },
  };
}
