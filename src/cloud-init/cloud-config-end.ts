import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/** What comes when all else is done: https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
export function stepsOfEnd(config: CloudConfig): Step[] {
  return [
    ...stepsOfPhoneHome(config.phone_home),
    ...stepOfMessage(config.final_message),
    ...stepOfPowerState(config.power_state),
  ];
}

const keyFiles = ["rsa", "ecdsa", "ed25519"].map((kind) => `pub_key_${kind}`);
const allFields = [...keyFiles, "instance_id", "hostname", "fqdn"];

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html#phone-home */
function stepsOfPhoneHome(section: unknown): Step[] {
  if (!isMapping(section) || typeof section.url !== "string") return [];
  const fields = section.post === undefined || section.post === "all" ? allFields : listOf(section.post).map(String);
  const tries = Math.min(100, Math.max(1, Math.trunc(Number(section.tries ?? 10)) || 10));
  const values = fields.flatMap((field) => {
    if (field === "instance_id") return ['add instance_id "$id"'];
    if (field === "hostname") return ['add hostname "$(cut -d. -f1 </proc/sys/kernel/hostname)"'];
    if (field === "fqdn") return ['add fqdn "$(hostname -f 2>/dev/null || cat /proc/sys/kernel/hostname)"'];
    if (!keyFiles.includes(field)) return [`say ${quote(`phone_home: there is no ${field} to post.`)}`];
    return [`add ${field} "$(cat /etc/ssh/ssh_host_${field.replace("pub_key_", "")}_key.pub 2>/dev/null || echo N/A)"`];
  });
  const url = section.url
    .split(/\$\{?INSTANCE_ID\}?/i)
    .map(quote)
    .join('"$id"');
  return [
    {
      name: "phone_home",
      shell: `body=
add() { body=$body\${body:+&}$1=$(printf %s "$2" | sed 's/%/%25/g; s/+/%2B/g; s/&/%26/g; s/=/%3D/g; s/;/%3B/g; s,/,%2F,g; s/ /+/g'); }
${values.join("\n")}
url=${url}
tries=${tries}
until if command -v curl >/dev/null; then curl -fsS -o /dev/null -m 30 --data "$body" "$url"; else wget -q -T 30 -O /dev/null --post-data "$body" "$url"; fi; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 3
done`,
    },
  ];
}

function stepOfMessage(message: unknown): Step[] {
  if (message === undefined || message === null) return [];
  // `$UPTIME` and the others in small or capital letters: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#final-message
  const parts = String(message).split(/(\$\{?(?:uptime|timestamp|version|datasource)\}?)/i);
  const words = parts.map((part, index) => (index % 2 === 0 ? quote(part) : `"${variable(part)}"`));
  return [
    {
      name: "final_message",
      shell: `read -r uptime _ </proc/uptime\ntimestamp=$(date -R)\nprintf '%s\\n' ${words.join("")}`,
    },
  ];
}

function variable(part: string): string {
  const name = part.replace(/[${}]/g, "").toLowerCase();
  if (name === "version") return "LocalAWS";
  return name === "datasource" ? "DataSourceEc2Local" : `$${name}`;
}

/** `delay` is `now`, or minutes as `+5`; `condition` a command, for whose success it is done. */
function stepOfPowerState(value: unknown): Step[] {
  if (!isMapping(value) || value.mode === undefined) return [];
  const mode = String(value.mode);
  const signal = { poweroff: "TERM", halt: "TERM", reboot: "INT" }[mode];
  if (signal === undefined) {
    return [{ name: "power_state", shell: `echo ${quote(`power_state: there is no mode ${mode}`)}; exit 1` }];
  }
  const { condition = true, delay = "now", message } = value;
  if (condition === false || condition === null) return [];
  const words = listOf(condition).map((word) => quote(String(word)));
  const command = Array.isArray(condition) ? words.join(" ") : `sh -c ${words.join("")}`;
  const minutes = delay === "now" ? 0 : Number(delay);
  if (!Number.isInteger(minutes) || minutes < 0) {
    return [{ name: "power_state", shell: `echo ${quote(`power_state: ${String(delay)} is no delay`)}; exit 1` }];
  }
  return [
    {
      name: "power_state",
      shell: [
        ...(condition === true ? [] : [`${command} || { say 'power_state: the condition is not met.'; exit 0; }`]),
        ...(message === undefined ? [] : [`printf '%s\\n' ${quote(String(message))}`]),
        // In the background: a boot has finished by then.
        `{ while [ ! -e /run/cloud-init/result.json ]; do sleep 0.1; done; sleep ${minutes * 60}; kill -s ${signal} 1; } &`,
      ].join("\n"),
    },
  ];
}
