import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { href } from "../store/router.ts";
import { Icon } from "./Icon.tsx";
import { Logo } from "./Logo.tsx";
import { Navigation } from "./Navigation.tsx";
import { UploadPanel } from "./UploadPanel.tsx";

/** What stands around every page. On a narrow window the navigation is behind a button. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { router } = useConsole();
  const open = useSignal(false);
  const main = useRef<HTMLElement>(null);
  const path = router.segments.value.join("/");
  const shown = useRef(path);
  useEffect(() => {
    open.value = false;
    // A screen reader goes on from where the focus is: at a new page, that is its beginning.
    if (shown.current !== path) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path, open]);
  return (
    <div class={open.value ? "shell nav-open" : "shell"}>
      <a class="skip-link" href="#content">
        Skip to the content
      </a>
      <header class="top-bar">
        <a class="brand" href={href()}>
          <Logo />
          LocalAWS
        </a>
        <button
          type="button"
          class="button quiet square menu-button"
          aria-label="Menu"
          aria-expanded={open.value}
          aria-controls="navigation"
          onClick={() => {
            open.value = !open.value;
          }}
        >
          <Icon name={open.value ? "close" : "menu"} />
        </button>
      </header>
      <Navigation />
      <main id="content" tabIndex={-1} ref={main}>
        {children}
      </main>
      <UploadPanel />
    </div>
  );
}
