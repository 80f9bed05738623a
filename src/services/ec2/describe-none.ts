import { compileFilters } from "../../aws/filters.ts";
import { type DescribeInput, describeData, type PageLimits } from "./describe.ts";
import { notFound } from "./errors.ts";

interface NoneOptions {
  readonly ids?: readonly string[] | undefined;
  /** Code and words for the ids that are asked for. */
  readonly unknown?: readonly [code: string, what: string];
  readonly filters?: readonly string[];
  readonly tagged?: boolean;
  readonly limits?: PageLimits;
}

/** What a Describe lists of a family of which no account can have any here; the request is checked as any other. @throws AwsError */
export function describeNone(input: DescribeInput, options: NoneOptions = {}): never[] {
  const { ids = [], unknown, filters = [], limits = { min: 1, max: 1000 } } = options;
  compileFilters(
    input.Filters,
    Object.fromEntries(filters.map((name) => [name, () => undefined])),
    options.tagged === true ? () => [] : undefined,
  );
  if (ids.length > 0 && unknown !== undefined) throw notFound(...unknown, ids);
  return describeData<never>([], input, { kind: "none", keyOf: String, limits }).items;
}
