import type { Signal } from "@preact/signals";
import { useConsole, useWatched } from "../console-context.ts";

export interface SecurityGroupChoiceProps {
  readonly chosen: Signal<ReadonlySet<string>>;
  /** Whose groups may be chosen. */
  readonly vpcId: string | undefined;
}

/** None ticked is the VPC's default group. */
export function SecurityGroupChoice({ chosen, vpcId }: SecurityGroupChoiceProps) {
  const { compute } = useConsole();
  const groups = useWatched(compute.securityGroups).items.value.filter(({ vpc_id: vpc }) => vpc === vpcId);
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
