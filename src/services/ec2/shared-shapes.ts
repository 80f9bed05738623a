interface Kept {
  readonly data: string;
  readonly shape: unknown;
}

/** Of a resource family: what is kept takes some kilobytes a row. */
const maxKept = 5000;
const keptOf = new WeakMap<object, Map<string, Kept>>();

/**
 * The shape of a row that is only read: parsed once for as long as the row's text stays the same, and frozen, all of it.
 * The copy that is given out may have members set; what is in these may not be changed.
 */
export function sharedShape<Shape>(
  family: object,
  row: { readonly id: string; readonly data: string },
  parse: (data: string) => Shape,
): Shape {
  const kept = keptOf.get(family) ?? new Map<string, Kept>();
  keptOf.set(family, kept);
  const found = kept.get(row.id);
  // What is kept under an id is what `parse` made of the same text.
  if (found?.data === row.data) return copyOf(found.shape as Shape);
  const shape = parse(row.data);
  freezeAll(shape);
  if (kept.size >= maxKept && found === undefined) kept.clear();
  kept.set(row.id, { data: row.data, shape });
  return copyOf(shape);
}

function copyOf<Shape>(shape: Shape): Shape {
  return { ...shape };
}

function freezeAll(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freezeAll(member);
}
