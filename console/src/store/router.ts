import { computed, type ReadonlySignal, signal } from "@preact/signals";

export interface Router {
  /** Below the base, decoded: `["instances", "i-0123"]`. */
  readonly segments: ReadonlySignal<readonly string[]>;
  readonly query: ReadonlySignal<URLSearchParams>;
  /** `to`: as `href` makes it. `replace`: without a step in the history. */
  go(to: string, options?: { replace?: boolean }): void;
  /** The same page with other parameters; those that are undefined are left out. */
  goWith(parameters: Readonly<Record<string, string | undefined>>, options?: { replace?: boolean }): void;
}

const base = "/console";

/** The address of a page: `href("buckets", "my-bucket")`. */
export function href(...segments: readonly string[]): string {
  return [base, ...segments.map(encodeURIComponent)].join("/");
}

/** Pages have addresses of their own; a click on a link to one changes the page without loading anything. */
export function createRouter(window: Window): Router {
  const url = signal(window.location.href);
  const parsed = computed(() => new URL(url.value));
  const sync = () => {
    url.value = window.location.href;
  };
  const router: Router = {
    segments: computed(() =>
      parsed.value.pathname
        .slice(base.length)
        .split("/")
        .filter((segment) => segment !== "")
        .map(decode),
    ),
    query: computed(() => parsed.value.searchParams),
    go(to, { replace = false } = {}) {
      if (replace) window.history.replaceState(null, "", to);
      else window.history.pushState(null, "", to);
      sync();
    },
    goWith(parameters, options) {
      const query = new URLSearchParams(parsed.value.search);
      for (const [name, value] of Object.entries(parameters)) {
        if (value === undefined) query.delete(name);
        else query.set(name, value);
      }
      router.go(parsed.value.pathname + (query.size === 0 ? "" : `?${query}`), options);
    },
  };
  window.addEventListener("popstate", sync);
  window.document.addEventListener("click", (event) => {
    const to = pageOfLink(event, window.location.origin);
    if (to === undefined) return;
    event.preventDefault();
    router.go(to);
    window.scrollTo(0, 0);
  });
  return router;
}

/** Where a click on a link leads, if that is a page of the console, in this tab. */
function pageOfLink(event: MouseEvent, origin: string): string | undefined {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  ) {
    return undefined;
  }
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.hasAttribute("download")) return undefined;
  const { origin: to, pathname, search, hash } = new URL(link.href, origin);
  if (to !== origin || hash !== "" || !(pathname === base || pathname.startsWith(`${base}/`))) return undefined;
  return pathname + search;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
