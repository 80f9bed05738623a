import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

export interface PageHeadProps {
  readonly title: string;
  readonly about?: ComponentChildren;
  /** The way back: where this page hangs. */
  readonly parent?: { readonly title: string; readonly href: string };
  /** Buttons. */
  readonly children?: ComponentChildren;
}

export function PageHead({ title, about, parent, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · LocalAWS`;
  }, [title]);
  return (
    <header class="page-head">
      <div class="page-title">
        {parent && (
          <p class="page-parent">
            <a href={parent.href}>{parent.title}</a>
          </p>
        )}
        <h1 class="break">{title}</h1>
        {about !== undefined && <div class="muted">{about}</div>}
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </header>
  );
}
