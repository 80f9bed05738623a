import { effect, type Signal, signal } from "@preact/signals";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "localaws.theme";

/** `auto` follows the system. public/theme.js reads the same before the first paint. */
export function createTheme(root: HTMLElement, storage: Storage): Signal<Theme> {
  const stored = storage.getItem(key);
  const theme = signal(themes.find((known) => known === stored) ?? "auto");
  effect(() => {
    root.dataset.theme = theme.value;
    if (theme.value === "auto") storage.removeItem(key);
    else storage.setItem(key, theme.value);
  });
  return theme;
}
