import type { CloudwatchLogsExportConfiguration } from "@aws-sdk/client-rds";

/** The exported log types after a request; undefined where it changes none. */
export function logTypesAfter(
  before: { readonly EnabledCloudwatchLogsExports?: readonly string[] | undefined },
  request: { readonly CloudwatchLogsExportConfiguration?: CloudwatchLogsExportConfiguration | undefined },
): string[] | undefined {
  const { EnableLogTypes = [], DisableLogTypes = [] } = request.CloudwatchLogsExportConfiguration ?? {};
  if (EnableLogTypes.length + DisableLogTypes.length === 0) return undefined;
  const enabled = new Set([...(before.EnabledCloudwatchLogsExports ?? []), ...EnableLogTypes]);
  for (const type of DisableLogTypes) enabled.delete(type);
  return [...enabled];
}
