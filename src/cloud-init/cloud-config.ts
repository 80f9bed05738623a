import { parse } from "yaml";
import { stepsOfDisks } from "./cloud-config-disks.ts";
import { stepsOfEnd } from "./cloud-config-end.ts";
import { stepsOfFiles } from "./cloud-config-files.ts";
import { stepsOfPackages } from "./cloud-config-packages.ts";
import { stepsOfSeed, stepsOfSystem } from "./cloud-config-system.ts";
import { stepsOfUsers } from "./cloud-config-users.ts";
import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

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

/** Keys that something is done for. */
const done =
  "bootcmd runcmd users user system_info disable_root disable_root_opts groups ssh_authorized_keys chpasswd password ssh_pwauth write_files hostname fqdn prefer_fqdn_over_hostname preserve_hostname timezone locale ca_certs ca-certs ssh_keys random_seed mounts swap disk_setup fs_setup packages package_update apt_update package_upgrade apt_upgrade apt yum_repos yum_repo_dir apk_repos phone_home final_message power_state merge_how merge_type";

/** Keys whose effect a machine has anyway, or that ask for nothing that it could do. */
const nothingToDo =
  "allow_public_ssh_keys apt_pipelining authkey_hash cloud_config_modules cloud_final_modules cloud_init_modules create_hostname_file datasource datasource_list device_aliases disable_ec2_metadata growpart grub_dpkg keyboard manage_etc_hosts mount_default_fields no_ssh_fingerprints ntp output package_reboot_if_required package_upgrade_reboot repo_upgrade resize_rootfs ssh ssh_deletekeys ssh_fp_console_blacklist ssh_genkeytypes ssh_key_console_blacklist ssh_quiet_keygen syslog_fix_perms updates vendor_data";

const known = new Set([...done.split(" "), ...nothingToDo.split(" ")]);

/** @throws Error with what is wrong with the YAML, or for one that is no mapping */
export function parseCloudConfig(text: string): CloudConfig {
  const value: unknown = parse(text, { version: "1.1", logLevel: "error", maxAliasCount: 1000 });
  if (value === null || value === undefined) return {};
  if (!isMapping(value)) throw new Error("It is no mapping of keys to values.");
  return value;
}

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
export function stepsOfCloudConfig(config: CloudConfig): CloudConfigSteps {
  const unknown = Object.keys(config).filter((key) => !known.has(key));
  const files = stepsOfFiles(config.write_files);
  return {
    everyBoot: listOf(config.bootcmd).map((command) => ({
      name: "bootcmd",
      shell: `INSTANCE_ID=$id; export INSTANCE_ID\n${commandLine(command)}`,
    })),
    firstBoot: [
      ...stepsOfSeed(config.random_seed),
      ...stepsOfDisks(config),
      ...stepsOfUsers(config),
      ...files.now,
      ...stepsOfSystem(config),
      ...stepsOfPackages(config),
      ...files.deferred,
    ],
    last: [...stepsOfCommands(config.runcmd), ...stepsOfEnd(config)],
    notes: unknown.map((key) => `cloud-config: LocalAWS does nothing for the key ${key}.`),
  };
}

/** A list is one command with its arguments; a text is for the shell. */
function commandLine(command: unknown): string {
  // As `echo a: b` is in YAML.
  if (isMapping(command)) return `echo ${quote(`A command is a text or a list: ${JSON.stringify(command)}`)}; false`;
  return Array.isArray(command) ? command.map((word) => quote(String(word))).join(" ") : String(command ?? "");
}

/** All of them are one script, as cloud-init has it: a failing command does not hold the next one up. */
function stepsOfCommands(runcmd: unknown): Step[] {
  const commands = listOf(runcmd).filter((command) => command !== null);
  return commands.length === 0 ? [] : [{ name: "runcmd", shell: commands.map(commandLine).join("\n") }];
}
