import type { ComponentChildren } from "preact";

/** Names and values. */
export function Facts({ items }: { items: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="break">{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}
