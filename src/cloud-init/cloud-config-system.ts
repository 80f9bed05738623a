import { printBytes, quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/** What the system is set to: https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
export function stepsOfSystem(config: CloudConfig): Step[] {
  return [
    ...stepsOfHostName(config),
    ...stepsOfLocale(config.locale),
    ...stepsOfTimezone(config.timezone),
    ...stepsOfCertificates(config.ca_certs ?? config["ca-certs"]),
    ...stepsOfHostKeys(config.ssh_keys),
    ...stepsOfPasswordLogins(config.ssh_pwauth),
  ];
}

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html#seed-random */
export function stepsOfSeed(seed: unknown): Step[] {
  if (!isMapping(seed)) return [];
  const { file = "/dev/urandom", data, encoding = "raw", command } = seed;
  const bytes = ["b64", "base64"].includes(String(encoding))
    ? Buffer.from(String(data ?? ""), "base64")
    : Buffer.from(String(data ?? ""));
  const steps = data === undefined ? [] : [`${printBytes(bytes)} >>${quote(String(file))}`];
  const words = listOf(command).map((word) => quote(String(word)));
  if (words.length > 0) steps.push(`RANDOM_SEED_FILE=${quote(String(file))} ${words.join(" ")}`);
  return steps.length === 0 ? [] : [{ name: "random_seed", shell: steps.join("\n") }];
}

function stepsOfHostName(config: CloudConfig): Step[] {
  if (config.preserve_hostname === true) return [];
  const fqdn = config.fqdn ?? (String(config.hostname ?? "").includes(".") ? config.hostname : undefined);
  const name = String(config.hostname ?? fqdn ?? "").split(".")[0] ?? "";
  if (name === "") return [];
  const names = [fqdn, name].filter((part) => part !== undefined).map(String);
  const host = config.prefer_fqdn_over_hostname === true ? (names[0] ?? name) : name;
  // In a container the name is set with the rights of the host alone: the files are what can be changed.
  return [
    {
      name: "hostname",
      shell: `echo ${quote(host)} >/etc/hostname
hostname ${quote(host)} 2>/dev/null || say 'hostname: the kernel keeps the name that the machine has; /etc/hostname is written.'
echo ${quote(`127.0.1.1 ${names.join(" ")}`)} >>/etc/hosts`,
    },
  ];
}

function stepsOfLocale(locale: unknown): Step[] {
  if (typeof locale !== "string" || locale === "") return [];
  return [
    {
      name: "locale",
      shell: `file=/etc/locale.conf
[ ! -d /etc/default ] || file=/etc/default/locale
echo ${quote(`LANG=${locale}`)} >"$file"
command -v locale-gen >/dev/null || exit 0
[ ! -e /etc/locale.gen ] || echo ${quote(`${locale} ${locale.split(".")[1] ?? "UTF-8"}`)} >>/etc/locale.gen
locale-gen ${quote(locale)}`,
    },
  ];
}

function stepsOfTimezone(timezone: unknown): Step[] {
  if (timezone === undefined || timezone === null) return [];
  const zone = String(timezone);
  return [
    {
      name: "timezone",
      shell: `echo ${quote(zone)} >/etc/timezone
[ -e ${quote(`/usr/share/zoneinfo/${zone}`)} ] || { echo ${quote(`timezone: the image does not know ${zone}`)}; exit 1; }
ln -sf ${quote(`/usr/share/zoneinfo/${zone}`)} /etc/localtime`,
    },
  ];
}

/** The folder and the command of each distribution: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#ca-certificates */
function stepsOfCertificates(section: unknown): Step[] {
  if (!isMapping(section)) return [];
  const trusted = listOf(section.trusted).map(String);
  const removes = (section.remove_defaults ?? section["remove-defaults"]) === true;
  if (trusted.length === 0 && !removes) return [];
  const files = trusted.map(
    (text, index) => `printf '%s\\n' ${quote(text.trim())} >"$folder/cloud-init-ca-cert-${index + 1}.crt"`,
  );
  return [
    {
      name: "ca_certs",
      shell: `if command -v update-ca-trust >/dev/null; then folder=/etc/pki/ca-trust/source/anchors update=update-ca-trust
else folder=/usr/local/share/ca-certificates update=update-ca-certificates; fi
mkdir -p "$folder"
${removes ? "[ ! -e /etc/ca-certificates.conf ] || sed -i 's/^[^#!]/!&/' /etc/ca-certificates.conf\n" : ""}${files.join("\n")}
command -v $update >/dev/null || { say 'ca_certs: the image has neither update-ca-certificates nor update-ca-trust: the files alone are written.'; exit 0; }
$update`,
    },
  ];
}

/** The server of the image, where it has one; the gateway of LocalAWS has a key of its own. */
function stepsOfHostKeys(keys: unknown): Step[] {
  if (!isMapping(keys)) return [];
  const files = Object.entries(keys).flatMap(([name, value]) => {
    const [, kind = "", part = ""] = /^(\w+)_(private|public|certificate)$/.exec(name) ?? [];
    if (kind === "" || value === null) return [];
    const file = `/etc/ssh/ssh_host_${kind}_key${{ private: "", public: ".pub", certificate: "-cert.pub" }[part] ?? ""}`;
    return [
      `printf '%s\\n' ${quote(String(value).trimEnd())} >${quote(file)} && chmod ${part === "private" ? "0600" : "0644"} ${quote(file)}`,
    ];
  });
  return files.length === 0 ? [] : [{ name: "ssh_keys", shell: ["mkdir -p /etc/ssh", ...files].join("\n") }];
}

function stepsOfPasswordLogins(value: unknown): Step[] {
  const word = value === true || value === "yes" ? "yes" : value === false || value === "no" ? "no" : undefined;
  if (word === undefined) return [];
  return [
    {
      name: "ssh_pwauth",
      shell: `[ -e /etc/ssh/sshd_config ] || exit 0
file=/etc/ssh/sshd_config
[ ! -d /etc/ssh/sshd_config.d ] || file=/etc/ssh/sshd_config.d/50-cloud-init.conf
[ ! -e "$file" ] || sed -i '/^[ \\t]*PasswordAuthentication[ \\t]/d' "$file"
printf '%s\\n' 'PasswordAuthentication ${word}' "$(cat "$file" 2>/dev/null)" >"$dir/sshd" && cat "$dir/sshd" >"$file"`,
    },
  ];
}
