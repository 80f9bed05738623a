import type { FilterTable } from "./filters.ts";

type Scalar = string | number | boolean | Date;

/** Every way from a shape to a scalar member, `Placement.AvailabilityZone`; a list is stepped into. */
type PathOf<Shape> = Shape extends Scalar | undefined
  ? never
  : Shape extends readonly (infer Element)[]
    ? PathOf<Element>
    : {
        [Member in keyof Shape & string]: NonNullable<Shape[Member]> extends Scalar | readonly Scalar[]
          ? Member
          : `${Member}.${PathOf<NonNullable<Shape[Member]>>}`;
      }[keyof Shape & string];

/** Filters that read a member, by its path: `pathFilters<Vpc>()({ "vpc-id": "VpcId" })`. */
export function pathFilters<Item>(): (paths: Readonly<Record<string, PathOf<Item>>>) => FilterTable<Item> {
  return (paths) =>
    Object.fromEntries(
      Object.entries(paths).map(([name, path]) => {
        const members = path.split(".");
        return [name, (item: Item) => valuesAt(item, members)];
      }),
    );
}

function valuesAt(item: unknown, members: readonly string[]): Scalar[] {
  let values: unknown[] = [item];
  for (const member of members) {
    const next: unknown[] = [];
    for (const value of values) {
      if (typeof value !== "object" || value === null) continue;
      const found: unknown = Reflect.get(value, member);
      if (Array.isArray(found)) next.push(...found);
      else next.push(found);
    }
    values = next;
  }
  return values.filter(isScalar);
}

function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "boolean"].includes(typeof value) || value instanceof Date;
}
