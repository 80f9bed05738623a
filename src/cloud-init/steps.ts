/** Something that the machine does at its boot: a name for the console and a shell command. */
export interface Step {
  readonly name: string;
  readonly shell: string;
}

/** A `#cloud-config` as YAML gives it: anything. */
export type CloudConfig = Readonly<Record<string, unknown>>;

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function isMapping(value: unknown): value is CloudConfig {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
