import type { ComponentChildren } from "preact";

/** Buttons that act on the same things, and below them what went wrong. `count`: of how many things that were chosen. */
export function Toolbar({
  count,
  error,
  children,
}: {
  count?: number | undefined;
  error?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <div class="toolbar-frame">
      <fieldset class="toolbar">
        <legend class="hidden-visually">Actions</legend>
        {count !== undefined && <span class="toolbar-count">{count.toLocaleString("en")} selected</span>}
        {children}
      </fieldset>
      {error}
    </div>
  );
}
