import { signal } from "@preact/signals";

/** What has been typed into a form. */
export interface Fields<Name extends string> {
  values(): Readonly<Record<Name, string>>;
  set(name: Name, value: string): void;
  /** For a field's component. */
  bind(name: Name): { readonly value: string; readonly onInput: (value: string) => void };
}

export function createFields<Name extends string>(initial: Readonly<Record<Name, string>>): Fields<Name> {
  const values = signal(initial);
  const set = (name: Name, value: string) => {
    values.value = { ...values.value, [name]: value };
  };
  return {
    values: () => values.value,
    set,
    bind: (name) => ({ value: values.value[name], onInput: (value) => set(name, value) }),
  };
}
