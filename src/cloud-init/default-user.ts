import { authorizeKeys, userStep } from "./accounts.ts";
import { expirePassword, setPassword } from "./passwords.ts";
import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

interface Distribution {
  /** `ID` of `/etc/os-release`: those that have this user. */
  readonly ids: readonly string[];
  /** The last parts of image names. */
  readonly repositories: readonly string[];
  readonly user: CloudConfig & { readonly name: string };
}

const sudo = "ALL=(ALL) NOPASSWD:ALL";

/** As the publishers' AMIs have it in `/etc/cloud/cloud.cfg`; Debian's calls the user `admin`, on AWS alone. */
const distributions: readonly Distribution[] = [
  {
    ids: ["amzn", "rhel", "almalinux", "ol", "sles", "opensuse-leap"],
    repositories: ["amazonlinux", "almalinux", "oraclelinux"],
    user: { name: "ec2-user", gecos: "EC2 Default User", groups: ["wheel", "adm", "systemd-journal"], sudo },
  },
  {
    ids: ["ubuntu"],
    repositories: ["ubuntu"],
    user: { name: "ubuntu", gecos: "Ubuntu", groups: ["adm", "cdrom", "dip", "lxd", "sudo"], sudo },
  },
  {
    ids: ["debian"],
    repositories: ["debian"],
    user: {
      ...{ name: "admin", gecos: "Debian", sudo },
      groups: ["adm", "audio", "cdrom", "dialout", "dip", "floppy", "netdev", "plugdev", "sudo", "video"],
    },
  },
  {
    ids: ["alpine"],
    repositories: ["alpine"],
    user: { name: "alpine", gecos: "alpine Cloud User", groups: ["adm", "wheel"], sudo },
  },
  {
    ids: ["fedora"],
    repositories: ["fedora"],
    user: { name: "fedora", gecos: "fedora Cloud User", groups: ["wheel", "adm", "systemd-journal"], sudo },
  },
  {
    ids: ["centos"],
    repositories: ["centos", "stream"],
    user: { name: "centos", gecos: "Cloud User", groups: ["wheel", "adm", "systemd-journal"], sudo },
  },
  {
    ids: ["rocky"],
    repositories: ["rockylinux"],
    user: { name: "rocky", gecos: "Cloud User", groups: ["wheel", "adm", "systemd-journal"], sudo },
  },
];

/** What people log in as on AWS. */
export const usualUsers: ReadonlySet<string> = new Set(distributions.map(({ user }) => user.name));

/**
 * In a machine whose first boot has come as far: the name of its default user, or an empty line where it has none. It stays with the
 * disk, so that an image made of the machine has the same one.
 */
export const defaultUserFile = "/var/lib/cloud/localaws-default-user";

/** By an image's name alone, such as `public.ecr.aws/amazonlinux/amazonlinux:2023`; undefined: its `/etc/os-release` is to tell. */
function distributionOf(image: string): Distribution | undefined {
  const repository = image.split("@")[0]?.split("/").at(-1)?.split(":")[0] ?? "";
  return distributions.find(({ repositories }) => repositories.includes(repository));
}

/**
 * Makes the image's default user, with the keys and the password that are for it and for root:
 * https://cloudinit.readthedocs.io/en/latest/reference/modules.html#users-and-groups. Where the machine cannot have users but root (a user
 * namespace with one id), or the image's distribution has none, root is all that there is.
 */
export function defaultUserStep(config: CloudConfig, image: string, publicKey: string | undefined): Step {
  const keys = [...(publicKey === undefined ? [] : [publicKey]), ...listOf(config.ssh_authorized_keys).map(String)];
  const changes = changesOf(config);
  const branch = (user: CloudConfig | undefined) => accountShell(config, user, keys);
  const known = distributionOf(image);
  const cases = distributions.flatMap(({ ids, user }) => {
    if (known !== undefined && known.user !== user) return [];
    const changed = { ...user, ...changes };
    return [`${[...ids, user.name].join("|")}) ${made(branch(changed), String(changed.name))} ;;`];
  });
  const other = changes?.name === undefined ? "" : made(branch(changes), String(changes.name));
  const name = changes === undefined ? "ssh keys" : "default user";
  return {
    name,
    shell: `default_user= code=0
read -r _ _ ids </proc/self/uid_map
kind=${
      known?.ids[0] ??
      `$(cat ${defaultUserFile} 2>/dev/null)
[ -n "$kind" ] || kind=$(. /etc/os-release 2>/dev/null; echo "$ID")`
    }
[ "$ids" -gt 1 ] || { say 'users: there can be none but root here.'; kind=none; }
case $kind in
${changes === undefined ? "" : cases.join("\n")}
none) ;;
*) ${other || ":"} ;;
esac
[ -n "$default_user" ] || { ${branch(undefined) || ":"}
}
echo "$default_user" >${defaultUserFile}
exit "$code"`,
  };
}

/** What it does ends with `exit` where it fails. */
function made(shell: string, name: string): string {
  return `( ${shell}
) || code=$?
! id ${quote(name)} >/dev/null 2>&1 || default_user=${quote(name)}`;
}

/** What a `#cloud-config` says of the default user; undefined where there is to be none. */
function changesOf({ users, user, system_info: info }: CloudConfig): CloudConfig | undefined {
  const listed = Array.isArray(users) ? users : typeof users === "string" ? users.split(",") : users;
  const entry = Array.isArray(listed)
    ? listed.find((one) => (isMapping(one) ? one.name === "default" : String(one).trim() === "default"))
    : isMapping(listed) && listed.default !== undefined
      ? "default"
      : undefined;
  const isAsked = listed === undefined || listed === null || entry !== undefined || user !== undefined;
  if (!isAsked) return undefined;
  const { name: _, ...own } = isMapping(entry) ? entry : {};
  const changes = isMapping(info) && isMapping(info.default_user) ? info.default_user : {};
  // `user` is an older way to say how the default user is called.
  const older = typeof user === "string" ? { name: user } : isMapping(user) ? user : {};
  return { ...changes, ...own, ...older };
}

function accountShell(config: CloudConfig, user: CloudConfig | undefined, keys: readonly string[]): string {
  const lines: string[] = [];
  const all = [...keys, ...listOf(user?.ssh_authorized_keys).map(String)];
  const name = user === undefined ? undefined : String(user.name);
  if (user !== undefined && name !== undefined) {
    lines.push(userStep(user, { systemGroups: true }).shell);
    if (all.length > 0) lines.push(authorizeKeys(name, all));
    if (config.password !== undefined && config.password !== null) {
      lines.push(setPassword(name, String(config.password), false));
      const { expire } = isMapping(config.chpasswd) ? config.chpasswd : {};
      if (expire !== false) lines.push(expirePassword(name));
    }
  }
  if (keys.length > 0) {
    lines.push(
      authorizeKeys(
        "root",
        keys.map((key) => `${rootPrefix(config, name)}${key}`),
      ),
    );
  }
  return lines.join("\n");
}

/**
 * What stands before root's keys where user data says `disable_root: true`, which is how AWS's images are and LocalAWS's are not:
 * https://cloudinit.readthedocs.io/en/latest/reference/modules.html#ssh
 */
function rootPrefix({ disable_root: disabled, disable_root_opts: options }: CloudConfig, user = "NONE"): string {
  if (disabled !== true && disabled !== 1) return "";
  const words =
    typeof options === "string"
      ? options
      : `no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo 'Please login as the user \\"$USER\\" rather than the user \\"$DISABLE_USER\\".';echo;sleep 10;exit 142"`;
  return `${words.replaceAll("$USER", user).replaceAll("$DISABLE_USER", "root")} `;
}
