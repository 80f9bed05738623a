import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { Collection } from "./store/collection.ts";
import type { Console } from "./store/console.ts";

export const ConsoleContext = createContext<Console | undefined>(undefined);

export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (console === undefined) throw new Error("There is no ConsoleContext around this component.");
  return console;
}

/** Keeps a collection up to date while the component is shown. */
export function useWatched<Item>(collection: Collection<Item>): Collection<Item> {
  useEffect(() => collection.watch(), [collection]);
  return collection;
}
