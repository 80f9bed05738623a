import type { Filter } from "@aws-sdk/client-rds";
import { invalidParameterValue, mustBeProvided } from "./errors.ts";

/** The filters of a request: one must match by one of its values, which RDS takes as they are, without wildcards. */
export function filterValues<Name extends string>(
  filters: readonly Filter[] | undefined,
  known: readonly Name[],
): { name: Name; values: string[] }[] {
  return (filters ?? []).map((filter) => {
    const name = known.find((candidate) => candidate === filter.Name);
    if (name === undefined) throw invalidParameterValue(`Unrecognized filter name: ${filter.Name ?? ""}`);
    if (filter.Values === undefined) throw mustBeProvided("Filters.Filter.Values");
    return { name, values: filter.Values };
  });
}
