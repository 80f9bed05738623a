import { parseCloudConfig, stepsOfCloudConfig } from "./cloud-config.ts";
import { mergeCloudConfigs } from "./cloud-config-merge.ts";
import { defaultUserFile, defaultUserStep } from "./default-user.ts";
import { expandUserData, type Included } from "./included.ts";
import { type InstanceFacts, instanceData, valueLines } from "./instance-data.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { printBytes, quote } from "./shell.ts";
import { type CloudConfig, isMapping, type Step } from "./steps.ts";
import type { UserDataPart } from "./user-data-parts.ts";

export interface Boot {
  readonly instanceId: string;
  /** What the machine was made of: `amazonlinux:2023`. */
  readonly image: string;
  /** Without: it is for the machine to know. */
  readonly isFirst?: boolean | undefined;
  /** None: there is none. */
  readonly userData: Buffer | undefined;
  /** What `#include` of the user data names. */
  readonly included: Included;
  /** The key pair's, for `authorized_keys`. */
  readonly publicKey: string | undefined;
  readonly facts: InstanceFacts;
}

/** By when it comes, in cloud-init's order. */
interface Steps {
  /** At the first boot, before all else, so that who logs in waits for nothing. */
  readonly earliest: readonly Step[];
  /** At every boot, before all else. */
  readonly everyBoot: readonly Step[];
  readonly firstBoot: readonly Step[];
  /** After the scripts of the image's own folders. */
  readonly last: readonly Step[];
  readonly notes: readonly string[];
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
  const data = instanceData(boot.facts);
  const { parts, problems, failed } = expandUserData(boot.userData, data, boot.included);
  notes.push(...problems);
  firstBoot.push(...failed.map(failedInclude));
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
          notes.push(`cloud-config: it could not be read: ${wordsOf(error)}`);
        }
        break;
      case "text/cloud-boothook":
        everyBoot.push(scriptStep(part, file, "boothook"));
        break;
      case "text/x-shellscript-per-boot":
        everyBoot.push(folderStep(part, file, "per-boot"));
        break;
      case "text/x-shellscript-per-instance":
      case "text/x-shellscript-per-once":
        firstBoot.push(folderStep(part, file, part.type.replace("text/x-shellscript-", "")));
        break;
      case "text/x-shellscript":
        last.push(scriptStep(part, file, "script"));
        break;
      default:
        notes.push(refusal(part));
    }
  }
  const cloud = stepsOfCloudConfig(config);
  return script(boot, data, {
    earliest: [defaultUserStep(config, boot.image, boot.publicKey)],
    everyBoot: [...everyBoot, ...cloud.everyBoot],
    firstBoot: [...firstBoot, ...cloud.firstBoot],
    // As cloud-init's runparts: the scripts by their names, `part-001` before `runcmd`.
    last: [...last, ...cloud.last],
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

function failedInclude(url: string): Step {
  return { name: `include ${url}`, shell: `say ${quote(`${url} could not be fetched.`)}\nexit 1` };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refusal({ type, content }: UserDataPart): string {
  switch (type) {
    case "text/x-not-multipart":
      return `user data: unhandled, since it starts with none of #!, #cloud-config, #cloud-boothook and Content-Type: ${JSON.stringify(content.toString("utf8").slice(0, 24))}`;
    case "text/part-handler":
      return "user data: #part-handler is not run: it is a program for the Python of cloud-init itself.";
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

/** A script for one of the folders whose scripts cloud-init runs: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#scripts-per-boot */
function folderStep(part: UserDataPart, file: string, folder: string): Step {
  const path = quote(`/var/lib/cloud/scripts/${folder}/${(part.name ?? file).replaceAll("/", "_")}`);
  return {
    name: `script ${part.name ?? file}, ${folder}`,
    shell: `mkdir -p /var/lib/cloud/scripts/${folder} && ${printBytes(part.content)} >${path} && chmod 0700 ${path}`,
  };
}

function script(boot: Boot, data: ReturnType<typeof instanceData>, steps: Steps): string {
  return `umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root USER=root
LANG=\${LANG:-C.UTF-8}
export PATH HOME USER LANG
id=${quote(boot.instanceId)}
dir=/var/lib/cloud/instances/$id
say() { echo "cloud-init: $*"; }
# $1: its exit code, the rest: its name.
ended() {
  code=$1
  shift
  [ "$code" -ne 0 ] || return 0
  say "$* failed with exit code $code"
  word=$(printf %s "$*" | sed 's/[\\\\"]/\\\\&/g' | tr '\\n\\t' '  ')
  errors="$errors\${errors:+, }\\"$word failed with exit code $code\\""
}
# $1: a folder whose scripts are run, by their names.
parts() {
  for file in "/var/lib/cloud/scripts/$1"/*; do
    [ -f "$file" ] && [ -x "$file" ] || continue
    say "running script $file"
    INSTANCE_ID=$id "$file"
    ended $? "script $file"
  done
}
errors=
mkdir -p "$dir/sem" "$dir/scripts" /var/lib/cloud/data /var/lib/cloud/sem /run/cloud-init
rm -rf /var/lib/cloud/instance /run/cloud-init/result.json
ln -s "$dir" /var/lib/cloud/instance
echo "$id" >/var/lib/cloud/data/instance-id
echo 'DataSourceEc2Local: DataSourceEc2Local' >"$dir/datasource"
echo aws >/run/cloud-init/cloud-id
echo '{"v1": {"datasource": "DataSourceEc2Local", "stage": "modules-final"}}' >/run/cloud-init/status.json
(umask 077; ${printBytes(Buffer.from(JSON.stringify(data, null, 1)))} >/run/cloud-init/instance-data.json
${printBytes(Buffer.from(`${valueLines(data).join("\n")}\n`))} >/run/cloud-init/localaws-values)
for name in status.json result.json; do ln -sf "/run/cloud-init/$name" "/var/lib/cloud/data/$name"; done
first=${boot.isFirst === false ? "" : "yes"}
[ ! -e "$dir/sem/localaws" ] || first=
: >"$dir/sem/localaws"
cd /
if [ -n "$first" ]; then
(umask 077; ${boot.userData === undefined ? ":" : printBytes(boot.userData)} >"$dir/user-data.txt")
${steps.notes.map((note) => `say ${quote(note)}`).join("\n") || ":"}
${block(steps.earliest)}
fi
# In machines that have booted without it.
[ -e ${defaultUserFile} ] || : >${defaultUserFile}
${block(steps.everyBoot)}
if [ -n "$first" ]; then
${block(steps.firstBoot)}
[ -e /var/lib/cloud/sem/scripts_per_once.once ] || { : >/var/lib/cloud/sem/scripts_per_once.once; parts per-once; }
fi
parts per-boot
if [ -n "$first" ]; then
parts per-instance
${block(steps.last)}
fi
read -r up _ </proc/uptime
echo "$up - $(date) - v. LocalAWS" >"$dir/boot-finished"
printf '{\n "v1": {\n  "datasource": "DataSourceEc2Local",\n  "errors": [%s]\n }\n}\n' "$errors" >"$dir/result" && mv "$dir/result" /run/cloud-init/result.json
[ -z "$first" ] || say "finished\${errors:+, with failures}"
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
