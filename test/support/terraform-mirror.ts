import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const provider = join("registry.terraform.io", "hashicorp", "aws");

/** Where Terraform itself looks, and where people put a mirror: https://developer.hashicorp.com/terraform/cli/config/config-file */
const places = [
  join(homedir(), ".terraform.d"),
  join(homedir(), ".local", "share", "terraform"),
  "/usr/local/share/terraform",
  "/usr/share/terraform",
  "/opt",
];

/** The folder of this machine that holds Terraform's AWS provider, for a `filesystem_mirror`. */
export function providerMirror(): string | undefined {
  const candidates = places.flatMap((place) => [place, ...foldersOf(place)]);
  return candidates.find((folder) => existsSync(join(folder, provider)));
}

function foldersOf(place: string): string[] {
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(place, entry.name));
}
