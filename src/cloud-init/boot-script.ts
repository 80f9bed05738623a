import { parseCloudConfig, stepsOfCloudConfig } from "./cloud-config.ts";
import { mergeCloudConfigs } from "./cloud-config-merge.ts";
import { authorizeKeys } from "./cloud-config-users.ts";
import { includeSteps } from "./included.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { printBytes, quote } from "./shell.ts";
import { type CloudConfig, isMapping, type Step } from "./steps.ts";
import { splitUserData, type UserDataPart } from "./user-data-parts.ts";

export interface Boot {
  readonly instanceId: string;
  /** Without: it is for the machine to know. */
  readonly isFirst?: boolean | undefined;
  /** None: there is none. */
  readonly userData: Buffer | undefined;
  /** The key pair's, for `authorized_keys`. */
  readonly publicKey: string | undefined;
}

/**
 * A script for `/bin/sh` that does at a machine's boot what its user data asks for: what is for the first boot once an
 * instance, as cloud-init does, and never twice, whether it went well or not. It tells on its output what it does.
 */
export function bootScript(boot: Boot): string {
  const everyBoot: Step[] = [];
  const firstBoot: Step[] = [];
  const last: Step[] = [];
  const notes: string[] = [];
  if (boot.publicKey !== undefined) {
    firstBoot.push({ name: "ssh key of the key pair", shell: authorizeKeys("root", [boot.publicKey]) });
  }
  const { parts, problem } = split(boot.userData);
  if (problem !== undefined) notes.push(problem);
  let config: CloudConfig = {};
  let number = 0;
  for (const part of parts) {
    number += 1;
    const file = `part-${String(number).padStart(3, "0")}`;
    switch (part.type) {
      case "text/cloud-config":
      case "text/cloud-config-jsonp":
        try {
          config = withPart(config, part);
        } catch (error) {
          notes.push(`cloud-config: it could not be read: ${error instanceof Error ? error.message : String(error)}`);
        }
        break;
      case "text/cloud-boothook":
        everyBoot.push(scriptStep(part, file, "boothook"));
        break;
      case "text/x-shellscript-per-boot":
        everyBoot.push(scriptStep(part, file, "script"));
        break;
      case "text/x-shellscript":
      case "text/x-shellscript-per-instance":
      case "text/x-shellscript-per-once":
        last.push(scriptStep(part, file, "script"));
        break;
      case "text/x-include-url":
      case "text/x-include-once-url":
        last.push(...includeSteps(part.content.toString("utf8"), running, file));
        break;
      default:
        notes.push(refusal(part));
    }
  }
  const cloud = stepsOfCloudConfig(config);
  return script(boot, {
    everyBoot: [...everyBoot, ...cloud.everyBoot],
    // As cloud-init's runparts: the scripts by their names, `part-001` before `runcmd`.
    firstBoot: [...firstBoot, ...cloud.firstBoot, ...last, ...cloud.last],
    notes: [...notes, ...cloud.notes],
  });
}

function withPart(config: CloudConfig, { type, content, merges }: UserDataPart): CloudConfig {
  const text = content.toString("utf8");
  if (type === "text/cloud-config") return mergeCloudConfigs(config, parseCloudConfig(text), merges);
  const patch: unknown = JSON.parse(text.trimStart().replace(/^#cloud-config-jsonp/i, ""));
  const patched = applyJsonPatch(config, patch);
  if (!isMapping(patched)) throw new Error("The JSON patch leaves no mapping.");
  return patched;
}

/** Runs `bootScript`, which it reads from its input, apart from itself, with the machine's console for its output. */
export const bootCommand = [
  "/bin/sh",
  "-c",
  `umask 077
mkdir -p /var/lib/cloud /var/log && cat >/var/lib/cloud/localaws-boot || exit
run='{ if command -v tee >/dev/null; then sh /var/lib/cloud/localaws-boot 2>&1 | tee -a /var/log/cloud-init-output.log; else sh /var/lib/cloud/localaws-boot 2>&1; fi; }'
if command -v setsid >/dev/null; then set -- setsid; else set --; fi
"$@" sh -c "$run" </dev/null >/proc/1/fd/1 2>/dev/null &`,
] as const;

function split(userData: Buffer | undefined): { parts: UserDataPart[]; problem?: string } {
  if (userData === undefined) return { parts: [] };
  try {
    return { parts: splitUserData(userData) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { parts: [], problem: `The user data could not be unpacked: ${words}` };
  }
}

function refusal({ type, content }: UserDataPart): string {
  switch (type) {
    case "text/x-not-multipart":
      return `user data: unhandled, since it starts with none of #!, #cloud-config, #cloud-boothook and Content-Type: ${JSON.stringify(content.toString("utf8").slice(0, 24))}`;
    default:
      return `user data: ${type} is not supported by LocalAWS.`;
  }
}

function scriptStep(part: UserDataPart, file: string, kind: string): Step {
  const content = part.type === "text/cloud-boothook" ? withoutFirstLine(part.content) : part.content;
  return {
    name: `${kind} ${part.name ?? file}`,
    shell: `${printBytes(content)} >"$dir/scripts/${file}" && chmod 0700 "$dir/scripts/${file}" || exit
${running(file)}`,
  };
}

/** Of a script in the machine. */
function running(file: string): string {
  return `INSTANCE_ID=$id; export INSTANCE_ID
"$dir/scripts/${file}"`;
}

/** A boothook's script follows its first line, or begins in it. */
function withoutFirstLine(content: Buffer): Buffer {
  const text = content
    .toString("latin1")
    .trimStart()
    .replace(/^#cloud-boothook[^\n]*\n?/i, "");
  return Buffer.from(text.startsWith("#!") ? text : `#!/bin/sh\n${text}`, "latin1");
}

function script(
  boot: Boot,
  steps: { everyBoot: readonly Step[]; firstBoot: readonly Step[]; notes: readonly string[] },
): string {
  return `umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root USER=root
LANG=\${LANG:-C.UTF-8}
export PATH HOME USER LANG
id=${quote(boot.instanceId)}
dir=/var/lib/cloud/instances/$id
say() { echo "cloud-init: $*"; }
# $1: its exit code, the rest: its name.
ended() { code=$1; shift; [ "$code" -eq 0 ] || { say "$* failed with exit code $code"; failed=yes; }; }
failed=
mkdir -p "$dir/sem" "$dir/scripts"
rm -rf /var/lib/cloud/instance
ln -s "$dir" /var/lib/cloud/instance
first=${boot.isFirst === false ? "" : "yes"}
[ ! -e "$dir/sem/localaws" ] || first=
: >"$dir/sem/localaws"
cd /
if [ -n "$first" ]; then
(umask 077; ${boot.userData === undefined ? ":" : printBytes(boot.userData)} >"$dir/user-data.txt")
${steps.notes.map((note) => `say ${quote(note)}`).join("\n") || ":"}
fi
${block(steps.everyBoot)}
if [ -n "$first" ]; then
${block(steps.firstBoot)}
: >"$dir/boot-finished"
say "finished\${failed:+, with failures}"
fi
`;
}

function block(steps: readonly Step[]): string {
  // A file of its own each: what a step's text does to the shell ends with it, also where it is no valid shell.
  return (
    steps
      .map(
        ({ name, shell }) => `say ${quote(`running ${name}`)}
printf %s ${quote(`say() { echo "cloud-init: $*"; }\n${shell}\n`)} >"$dir/step"
dir=$dir id=$id sh "$dir/step"
ended $? ${quote(name)}`,
      )
      .join("\n") || ":"
  );
}
