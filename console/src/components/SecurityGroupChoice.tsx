import type { Signal } from "@preact/signals";
import { useConsole, useWatched } from "../console-context.ts";

/** None ticked is the default group. */
export function SecurityGroupChoice({ chosen }: { chosen: Signal<ReadonlySet<string>> }) {
  const { compute } = useConsole();
  const groups = useWatched(compute.securityGroups).items.value;
  const set = (id: string, on: boolean) => {
    const next = new Set(chosen.value);
    if (on) next.add(id);
    else next.delete(id);
    chosen.value = next;
  };
  return (
    <fieldset class="field">
      <legend>Security groups</legend>
      <div class="choices">
        {groups.map(({ id, name }) => (
          <label key={id} class="choice">
            <input
              type="checkbox"
              checked={chosen.value.has(id)}
              onChange={(event) => set(id, event.currentTarget.checked)}
            />
            <span>{name}</span>
            <span class="mono muted">{id}</span>
          </label>
        ))}
      </div>
      <p class="field-hint">The default group, where none is chosen.</p>
    </fieldset>
  );
}
