import { quote } from "./shell.ts";
import { type CloudConfig, listOf, type Step } from "./steps.ts";

/**
 * Users, their keys and passwords: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#users-and-groups.
 * The default user of a machine is root.
 */
export function stepsOfUsers(config: CloudConfig): Step[] {
  return [
    ...listOf(config.groups).flatMap(stepsOfGroups),
    ...listOf(config.users).flatMap(stepsOfUser),
    ...stepOfKeys("root", config.ssh_authorized_keys),
    ...stepsOfPasswords(config),
  ];
}

function stepsOfGroups(entry: unknown): Step[] {
  if (typeof entry === "string") return entry.split(",").map((name) => groupStep(name.trim(), []));
  if (entry === null || typeof entry !== "object") return [];
  return Object.entries(entry).map(([name, members]) => groupStep(name, listOf(members).map(String)));
}

function groupStep(name: string, members: readonly string[]): Step {
  return {
    name: `group ${name}`,
    shell: [addGroup(name), ...members.map((member) => addToGroup(member, name))].join("\n"),
  };
}

function stepsOfUser(entry: unknown): Step[] {
  if (typeof entry === "string") return entry === "default" ? [] : [userStep({ name: entry })];
  if (entry === null || typeof entry !== "object") return [];
  const user = entry as CloudConfig;
  const name = String(user.name ?? "");
  if (name === "" || name === "default") return [];
  return [userStep(user), ...stepOfKeys(name, user.ssh_authorized_keys ?? user["ssh-authorized-keys"])];
}

function userStep(user: CloudConfig): Step {
  const name = String(user.name);
  const shell = user.shell === undefined ? undefined : String(user.shell);
  const home = String(user.homedir ?? `/home/${name}`);
  const groups = listOf(user.groups).flatMap((value) =>
    String(value)
      .split(",")
      .map((group) => group.trim()),
  );
  const system = user.system === true;
  const gecos = user.gecos === undefined ? [] : [String(user.gecos)];
  const primary = user.primary_group === undefined ? [] : [String(user.primary_group)];
  const uid = user.uid === undefined ? [] : [String(user.uid)];
  const noHome = user.no_create_home === true || system;
  const useradd = [
    ...["useradd", noHome ? "-M" : "-m", "-d", home, ...(system ? ["-r"] : []), ...uid.flatMap((id) => ["-u", id])],
    ...[...gecos.flatMap((text) => ["-c", text]), ...primary.flatMap((group) => ["-g", group])],
    name,
  ];
  const adduser = [
    ...["adduser", "-D", ...(noHome ? ["-H"] : []), "-h", home, ...(system ? ["-S"] : [])],
    ...[...uid.flatMap((id) => ["-u", id]), ...gecos.flatMap((text) => ["-g", text])],
    ...[...primary.flatMap((group) => ["-G", group]), name],
  ];
  const line = (words: readonly string[], shellOption: string) =>
    `${words.slice(0, -1).map(quote).join(" ")} ${shellOption} ${shell === undefined ? '"$shell"' : quote(shell)} ${quote(name)}`;
  const sudo = listOf(user.sudo).filter((rule) => typeof rule === "string");
  return {
    name: `user ${name}`,
    shell: [
      ...primary.map(addGroup),
      ...groups.map(addGroup),
      "shell=/bin/sh; [ ! -x /bin/bash ] || shell=/bin/bash",
      `if id ${quote(name)} >/dev/null 2>&1; then say ${quote(`user ${name}: there is one already.`)}`,
      `elif command -v useradd >/dev/null; then ${line(useradd, "-s")} || exit`,
      `elif command -v adduser >/dev/null; then ${line(adduser, "-s")} || exit`,
      "else",
      writtenUser({ name, home, gecos: gecos[0] ?? "", uid: uid[0], primary: primary[0], noHome, shell }),
      "fi",
      ...groups.map((group) => addToGroup(name, group)),
      ...(sudo.length === 0
        ? []
        : [
            "mkdir -p -m 0750 /etc/sudoers.d",
            `printf '%s\\n' ${sudo.map((rule) => quote(`${name} ${String(rule)}`)).join(" ")} >>/etc/sudoers.d/90-cloud-init-users`,
            "chmod 0440 /etc/sudoers.d/90-cloud-init-users",
          ]),
      ...hashOf(user).map((hash) => setPassword(name, hash, true)),
      ...(typeof user.plain_text_passwd === "string" ? [setPassword(name, user.plain_text_passwd, false)] : []),
    ].join("\n"),
  };
}

function hashOf(user: CloudConfig): string[] {
  const hash = user.hashed_passwd ?? user.passwd;
  return typeof hash === "string" ? [hash] : [];
}

function stepOfKeys(name: string, keys: unknown): Step[] {
  const lines = listOf(keys).map(String);
  if (lines.length === 0) return [];
  return [{ name: `ssh keys of ${name}`, shell: authorizeKeys(name, lines) }];
}

/** Adds keys to a user's `authorized_keys`; those that are there stay. */
export function authorizeKeys(name: string, keys: readonly string[]): string {
  return `home=$(sed -n ${quote(`s/^${name.replace(/[^\w.-]/g, "")}:\\([^:]*:\\)\\{4\\}\\([^:]*\\):.*/\\2/p`)} /etc/passwd)
[ -n "$home" ] || exit
mkdir -p "$home/.ssh"
for key in ${keys.map(quote).join(" ")}; do
  grep -qxF "$key" "$home/.ssh/authorized_keys" 2>/dev/null || printf '%s\\n' "$key" >>"$home/.ssh/authorized_keys"
done
chmod 0700 "$home/.ssh"
chmod 0600 "$home/.ssh/authorized_keys"
chown -R ${quote(`${name}:`)} "$home/.ssh" 2>/dev/null || chown -R ${quote(name)} "$home/.ssh"`;
}

function stepsOfPasswords(config: CloudConfig): Step[] {
  const lines: string[] = [];
  if (config.password !== undefined && config.password !== null) {
    lines.push(setPassword("root", String(config.password), false));
  }
  const section = config.chpasswd;
  if (section !== null && typeof section === "object") {
    const list: unknown = Reflect.get(section, "list");
    const entries = typeof list === "string" ? list.split("\n") : listOf(list).map(String);
    for (const entry of entries) {
      const [name = "", ...rest] = entry.trim().split(":");
      const password = rest.join(":");
      if (name !== "") lines.push(setPassword(name, password, /^\$\w+\$/.test(password)));
    }
    for (const user of listOf(Reflect.get(section, "users"))) {
      if (user === null || typeof user !== "object") continue;
      const name: unknown = Reflect.get(user, "name");
      const password: unknown = Reflect.get(user, "password");
      const type: unknown = Reflect.get(user, "type");
      if (name !== undefined && password !== undefined && type !== "RANDOM") {
        lines.push(setPassword(String(name), String(password), type !== "text"));
      }
    }
  }
  return lines.length === 0 ? [] : [{ name: "passwords", shell: lines.join("\n") }];
}

function setPassword(name: string, password: string, hashed: boolean): string {
  return `printf '%s\\n' ${quote(`${name}:${password}`)} | chpasswd ${hashed ? "-e" : ""}`;
}

function addGroup(name: string): string {
  const word = quote(name);
  const known = quote(`^${name.replace(/[^\w-]/g, ".")}:`);
  return `grep -q ${known} /etc/group || { if command -v groupadd >/dev/null; then groupadd ${word}; elif command -v addgroup >/dev/null; then addgroup ${word}; else ${freeId} echo ${word}:x:$n: >>/etc/group; fi; }`;
}

/** The first id that no user and no group has. */
const freeId = `n=1000; while grep -q "^[^:]*:[^:]*:$n:" /etc/passwd /etc/group; do n=$((n+1)); done;`;

/** Small images, Amazon Linux's among them, have no tool that makes users: the files are written. */
function writtenUser(user: {
  name: string;
  home: string;
  gecos: string;
  uid: string | undefined;
  primary: string | undefined;
  noHome: boolean;
  shell: string | undefined;
}): string {
  const { name, home, gecos, uid, primary, noHome, shell } = user;
  const group = quote(primary ?? name);
  return `${freeId} ${uid === undefined ? "" : `n=${quote(uid)}; `}g=$(sed -n "s/^"${group}":[^:]*:\\([0-9]*\\):.*/\\1/p" /etc/group)
[ -n "$g" ] || { g=$n; echo ${group}:x:$g: >>/etc/group; }
echo ${quote(name)}:x:$n:$g:${quote(gecos)}:${quote(home)}:${shell === undefined ? '"$shell"' : quote(shell)} >>/etc/passwd
[ ! -e /etc/shadow ] || echo ${quote(`${name}:*:19000:0:99999:7:::`)} >>/etc/shadow
${noHome ? ":" : `mkdir -p ${quote(home)} && chown "$n:$g" ${quote(home)}`}`;
}

function addToGroup(user: string, group: string): string {
  const [name, of] = [quote(user), quote(group)];
  return `if command -v usermod >/dev/null; then usermod -a -G ${of} ${name}; elif command -v addgroup >/dev/null; then addgroup ${name} ${of}; else sed -i ${quote(
    `s/^\\(${group.replace(/[^\w-]/g, ".")}:[^:]*:[^:]*:\\)\\(.*[^,]\\)$/\\1\\2,${user}/; s/^\\(${group.replace(/[^\w-]/g, ".")}:[^:]*:[^:]*:\\)$/\\1${user}/`,
  )} /etc/group; fi`;
}
