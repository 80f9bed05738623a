import { parse } from "yaml";
import { stepsOfFiles } from "./cloud-config-files.ts";
import { stepsOfUsers } from "./cloud-config-users.ts";
import { quote } from "./shell.ts";
import { type CloudConfig, listOf, type Step } from "./steps.ts";

/** What a `#cloud-config` asks for, in the order of cloud-init's stages. */
export interface CloudConfigSteps {
  /** At every boot. */
  readonly everyBoot: readonly Step[];
  /** At an instance's first boot. */
  readonly firstBoot: readonly Step[];
  /** After the user's scripts. */
  readonly last: readonly Step[];
  /** Sentences for the console. */
  readonly notes: readonly string[];
}

/** Keys whose effect a machine has anyway, or that ask for nothing that it could do. */
const silent = new Set(
  "disable_root disable_root_opts disable_ec2_metadata growpart resize_rootfs ssh_pwauth manage_etc_hosts preserve_hostname output package_reboot_if_required package_upgrade_reboot locale keyboard merge_how merge_type datasource system_info cloud_init_modules cloud_config_modules cloud_final_modules allow_public_ssh_keys ssh_deletekeys ssh_genkeytypes chpasswd password users user groups ssh_authorized_keys write_files hostname fqdn timezone bootcmd runcmd packages package_update apt_update package_upgrade apt_upgrade final_message power_state prefer_fqdn_over_hostname create_hostname_file no_ssh_fingerprints".split(
    " ",
  ),
);

/** @throws Error with what is wrong with the YAML, or for one that is no mapping */
export function parseCloudConfig(text: string): CloudConfig {
  const value: unknown = parse(text, { version: "1.1", logLevel: "error", maxAliasCount: 1000 });
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new Error("It is no mapping of keys to values.");
  return value as CloudConfig;
}

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
export function stepsOfCloudConfig(config: CloudConfig): CloudConfigSteps {
  const unknown = Object.keys(config).filter((key) => !silent.has(key));
  const files = stepsOfFiles(config.write_files);
  return {
    everyBoot: listOf(config.bootcmd).map((command) => ({ name: "bootcmd", shell: commandLine(command) })),
    firstBoot: [
      ...stepsOfHostName(config),
      ...stepsOfUsers(config),
      ...files.now,
      ...stepsOfTimezone(config.timezone),
      ...stepsOfPackages(config),
      ...files.deferred,
    ],
    last: [
      ...stepsOfCommands(config.runcmd),
      ...stepOfMessage(config.final_message),
      ...stepOfPowerState(config.power_state),
    ],
    notes: unknown.map((key) => `cloud-config: LocalAWS does nothing for the key ${key}.`),
  };
}

/** A list is one command with its arguments; a text is for the shell. */
function commandLine(command: unknown): string {
  return Array.isArray(command) ? command.map((word) => quote(String(word))).join(" ") : String(command ?? "");
}

/** All of them are one script, as cloud-init has it: a failing command does not hold the next one up. */
function stepsOfCommands(runcmd: unknown): Step[] {
  const commands = listOf(runcmd).filter((command) => command !== null);
  return commands.length === 0 ? [] : [{ name: "runcmd", shell: commands.map(commandLine).join("\n") }];
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

const packageTools = `if command -v apt-get >/dev/null; then tool=apt; export DEBIAN_FRONTEND=noninteractive
elif command -v apk >/dev/null; then tool=apk
elif command -v dnf >/dev/null; then tool=dnf
elif command -v yum >/dev/null; then tool=yum
elif command -v zypper >/dev/null; then tool=zypper
else echo 'packages: the image has none of apt-get, apk, dnf, yum and zypper'; exit 1; fi
`;

function stepsOfPackages(config: CloudConfig): Step[] {
  const packages = listOf(config.packages).flatMap((entry) =>
    // `{apt: [...]}` names a tool; it is taken for whichever the image has.
    entry !== null && typeof entry === "object" && !Array.isArray(entry) ? Object.values(entry).flat() : [entry],
  );
  const update = config.package_update === true || config.apt_update === true || packages.length > 0;
  const upgrade = config.package_upgrade === true || config.apt_upgrade === true;
  if (!update && !upgrade) return [];
  const words = (join: string) =>
    packages.map((entry) => quote(Array.isArray(entry) ? entry.map(String).join(join) : String(entry))).join(" ");
  const install =
    packages.length === 0
      ? ""
      : `apt) apt-get install -y ${words("=")} ;;
apk) apk add ${words("=")} ;;
dnf|yum) $tool install -y ${words("-")} ;;
zypper) zypper -n install ${words("=")} ;;`;
  return [
    {
      name: "packages",
      shell: `${packageTools}case $tool in
apt) apt-get update ;;
apk) apk update ;;
zypper) zypper -n refresh ;;
esac
${upgrade ? "case $tool in apt) apt-get upgrade -y ;; apk) apk upgrade ;; dnf|yum) $tool upgrade -y ;; zypper) zypper -n update ;; esac\n" : ""}${install === "" ? "" : `case $tool in\n${install}\nesac`}`,
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

function stepOfPowerState(value: unknown): Step[] {
  const mode = value !== null && typeof value === "object" ? String(Reflect.get(value, "mode") ?? "") : "";
  if (mode === "") return [];
  if (mode !== "poweroff" && mode !== "halt") {
    return [{ name: "power_state", shell: `say ${quote(`power_state: LocalAWS does not do ${mode}.`)}` }];
  }
  return [{ name: "power_state", shell: "kill -s TERM 1" }];
}
