import { rootScript, writeBecomeRoot } from "./commands/become-root.ts";
import { cloudInitCommand } from "./commands/cloud-init.ts";
import { shutdownCommand } from "./commands/shutdown.ts";
import { suCommand } from "./commands/su.ts";
import { sudoCommand, sudoRootScript } from "./commands/sudo.ts";

const sbin = "/usr/local/sbin";

const commands: readonly (readonly [files: readonly string[], script: string])[] = [
  [["/usr/local/bin/cloud-init", "/usr/local/bin/cloud-id"], cloudInitCommand],
  [["/usr/local/bin/sudo"], sudoCommand],
  [[rootScript], sudoRootScript],
  [[`${sbin}/shutdown`, `${sbin}/poweroff`, `${sbin}/halt`, `${sbin}/reboot`], shutdownCommand],
];

/** In the second line of each: what has it is LocalAWS's own, of an older version perhaps. */
const mark = "# LocalAWS";

/** Where a machine finds `commandsScript`. */
export const commandsFile = "/run/localaws-commands";

/** For a machine's PID 1, whose own command line does not hold them: `pgrep -f cloud-init` is not to find it. */
export const writeCommands = `[ ! -r ${commandsFile} ] || (. ${commandsFile}) 2>/dev/null || :`;

/**
 * A shell script: has there, before a machine's programs run, what AWS's images have and small ones do not, or have for an init that does
 * not run here. What somebody else has put at their places stays. Where the disk cannot be written it does nothing.
 */
export const commandsScript = `
command_file() {
  if [ -e "$1" ]; then { read -r _; read -r mark; } <"$1"; [ "$mark" = '${mark}' ] || return 0; fi
  printf '%s' "$2" >"$1" && written="$written $1"
}
umask 022
written=
mkdir -p /usr/local/bin ${sbin} /usr/local/libexec
rm -rf /run/cloud-init
${commands
  .map(
    ([files, script]) =>
      `text=${quoted(`#!/bin/sh\n${mark}${script}`)}\n${files.map((file) => `command_file ${file} "$text"\n`).join("")}`,
  )
  .join(
    "",
  )}[ -x /bin/su ] || [ -x /usr/bin/su ] || command_file /usr/local/bin/su ${quoted(`#!/bin/sh\n${mark}${suCommand}`)}
[ -z "$written" ] || chmod 0755 $written
${writeBecomeRoot}
# For who has logged in anew, as by "su -", which leaves the environment behind.
[ -z "$AWS_ENDPOINT_URL" ] || [ ! -d /etc/profile.d ] ||
  printf '%s\nexport AWS_ENDPOINT_URL=%s\n' '${mark}' "$AWS_ENDPOINT_URL" >/etc/profile.d/localaws.sh
`;

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
