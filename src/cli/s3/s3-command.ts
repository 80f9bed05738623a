import type { Command } from "commander";
import { clientCredential } from "../credential.ts";
import { askHealth, configuredEndpoint } from "../endpoint.ts";
import { addSettings, configOf } from "../settings-options.ts";
import type { Place } from "./transfer.ts";

export function addS3(program: Command): void {
  const s3 = program.command("s3").description("Fill buckets from folders, and write them back as plain files.");
  const importing = s3
    .command("import <folder>")
    .description(
      "Fill buckets from the folders in <folder>: each is the bucket of its name, made where it is missing.",
    );
  addPlace(importing).action(async (folder: string, typed) => {
    const [place, { importBuckets }] = [await placeOf(typed), await import("./import-buckets.ts")];
    await importBuckets(place, folder);
  });
  const exporting = s3
    .command("export <folder> [buckets...]")
    .description("Write the objects of the buckets (none named: of all) to <folder>/<bucket>/<key>, as plain files.");
  addPlace(exporting).action(async (folder: string, buckets: string[], typed) => {
    const [place, { exportBuckets }] = [await placeOf(typed), await import("./export-buckets.ts")];
    await exportBuckets(place, folder, buckets);
  });
}

function addPlace(command: Command): Command {
  command.option("--endpoint <url>", "the LocalAWS to use (default: the first address of --listen)");
  return addSettings(command, ["listen", "region", "credentials"]);
}

/** @throws Failure when no LocalAWS answers there */
async function placeOf(typed: Readonly<Record<string, string | undefined>>): Promise<Place> {
  const config = configOf(typed);
  const endpoint = typed.endpoint ?? configuredEndpoint(config);
  await askHealth(endpoint);
  return { endpoint, region: config.region, credentials: clientCredential(config) };
}
