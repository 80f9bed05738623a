import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/** A volume's device: it is a folder below `/mnt/ebs`, with a file system already. */
const device = /^(?:\/dev\/)?((?:sd[a-z]|xvd[a-z]{1,2})[0-9]{0,2})$/;

/** Where volumes are to be found: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#mounts */
export function stepsOfDisks(config: CloudConfig): Step[] {
  return [
    ...listOf(config.mounts).flatMap((entry) => stepsOfMount(entry)),
    ...(config.swap === undefined || config.swap === null
      ? []
      : [told("swap", "the memory of an instance is its machine's; no swap is made.")]),
    ...([config.disk_setup, config.fs_setup].some((value) => value !== undefined && value !== null)
      ? [told("disk_setup", "volumes are folders, which are neither partitioned nor formatted.")]
      : []),
  ];
}

function stepsOfMount(entry: unknown): Step[] {
  const [source, target] = listOf(isMapping(entry) ? undefined : entry).map((word) => String(word ?? ""));
  if (source === undefined) return [];
  if (target === undefined || !target.startsWith("/")) {
    return [
      told(
        "mounts",
        target === undefined || target === "" ? `${source} is not mounted.` : `${source}: ${target} is not done.`,
      ),
    ];
  }
  const name = device.exec(source)?.[1];
  if (name === undefined) return [told("mounts", `${source} at ${target} is not done: volumes alone are.`)];
  const [folder, place] = [quote(`/mnt/ebs/${name}`), quote(target.replace(/(.)\/+$/, "$1"))];
  return [
    {
      name: `mount ${source}`,
      shell: `[ -L ${place} ] || rmdir ${place} 2>/dev/null
[ ! -e ${place} ] || { echo ${quote(`mounts: ${target} is there, and not empty`)}; exit 1; }
mkdir -p "$(dirname ${place})" && ln -sfn ${folder} ${place} && say ${quote(`mounts: ${target} leads to /mnt/ebs/${name}.`)}`,
    },
  ];
}

function told(name: string, words: string): Step {
  return { name, shell: `say ${quote(`${name}: ${words}`)}` };
}
