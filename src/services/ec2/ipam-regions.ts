import { invalidParameterValue } from "./errors.ts";
import { regions } from "./region-data.ts";

/** The home region is always among them. @throws AwsError for what is no region */
export function regionNames(home: string, asked: readonly { RegionName?: string | undefined }[] = []) {
  const names = [...new Set([home, ...asked.flatMap(({ RegionName }) => RegionName ?? [])])];
  const unknown = names.find((name) => !regions.some((region) => region.name === name));
  if (unknown !== undefined) throw invalidParameterValue(`Invalid region provided: [${unknown}]`);
  return names.map((RegionName) => ({ RegionName }));
}
