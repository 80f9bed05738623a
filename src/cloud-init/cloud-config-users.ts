import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/**
 * Users, their keys and passwords: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#users-and-groups.
 * The default user of a machine is root.
 */
export function stepsOfUsers(config: CloudConfig): Step[] {
  return [
    ...listOf(config.groups).flatMap(stepsOfGroups),
    ...usersOf(config).flatMap(stepsOfUser),
    ...stepOfKeys("root", config.ssh_authorized_keys),
    ...stepsOfPasswords(config),
  ];
}

/** A list, a text with commas, or a mapping by name; `user` is an older way to name one more. */
function usersOf({ users, user }: CloudConfig): unknown[] {
  const all = isMapping(users)
    ? Object.entries(users).map(([name, value]) => (isMapping(value) ? { name, ...value } : name))
    : listOf(users).flatMap((entry) =>
        typeof entry === "string" ? entry.split(",").map((name) => name.trim()) : [entry],
      );
  return [...all, ...listOf(user)];
}

function stepsOfGroups(entry: unknown): Step[] {
  if (typeof entry === "string") return entry.split(",").map((name) => groupStep(name.trim(), []));
  if (!isMapping(entry)) return [];
  return Object.entries(entry).map(([name, members]) => groupStep(name, listOf(members).map(String)));
}

function groupStep(name: string, members: readonly string[]): Step {
  return {
    name: `group ${name}`,
    shell: [addGroup(name), ...members.map((member) => addToGroup(member, name))].join("\n"),
  };
}

function stepsOfUser(entry: unknown): Step[] {
  if (typeof entry === "string") return entry === "default" || entry === "" ? [] : [userStep({ name: entry })];
  if (!isMapping(entry)) return [];
  const user = Object.fromEntries(Object.entries(entry).map(([key, value]) => [key.replaceAll("-", "_"), value]));
  const name = String(user.name ?? "");
  if (name === "" || name === "default") return [];
  const imported = listOf(user.ssh_import_id).map(String);
  return [
    userStep(user),
    ...stepOfKeys(name, user.ssh_authorized_keys),
    ...(imported.length === 0
      ? []
      : [
          {
            name: `ssh keys of ${name}`,
            shell: `say ${quote(`ssh_import_id: LocalAWS does not fetch ${imported.join(", ")}.`)}`,
          },
        ]),
  ];
}

function userStep(user: CloudConfig): Step {
  const name = String(user.name);
  const shell = user.shell === undefined ? undefined : String(user.shell);
  const home = String(user.homedir ?? `/home/${name}`);
  const groups = namesOf(user.groups);
  const one = (value: unknown, option: string) =>
    value === undefined || value === null ? [] : [option, String(value)];
  const primary = one(user.primary_group, "").slice(1);
  const system = user.system === true;
  const noHome = user.no_create_home === true || system;
  const useradd = [
    ...["useradd", noHome ? "-M" : "-m", "-d", home, ...(system ? ["-r"] : []), ...one(user.uid, "-u")],
    ...[...one(user.gecos, "-c"), ...one(user.primary_group, "-g"), ...one(user.expiredate, "-e")],
    ...[...one(user.inactive, "-f"), ...(user.no_user_group === true ? ["-N"] : [])],
    ...[...(user.no_log_init === true ? ["-l"] : []), name],
  ];
  const adduser = [
    ...["adduser", "-D", ...(noHome ? ["-H"] : []), "-h", home, ...(system ? ["-S"] : [])],
    ...[...one(user.uid, "-u"), ...one(user.gecos, "-g"), ...one(user.primary_group, "-G"), name],
  ];
  const line = (words: readonly string[], shellOption: string) =>
    `${words.slice(0, -1).map(quote).join(" ")} ${shellOption} ${shell === undefined ? '"$shell"' : quote(shell)} ${quote(name)}`;
  const written = writtenUser({
    ...{ name, home, gecos: one(user.gecos, "")[1] ?? "", uid: one(user.uid, "")[1] },
    ...{ primary: primary[0], noHome, shell },
  });
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
      written,
      "fi",
      ...groups.map((group) => addToGroup(name, group)),
      ...passwordOf(user),
      ...rulesOf(name, user.sudo, { folder: "/etc/sudoers.d", file: "90-cloud-init-users" }),
      ...rulesOf("", user.doas, { folder: "/etc", file: "doas.conf" }),
    ].join("\n"),
  };
}

/** A list, a text with commas, or the keys of a mapping. */
function namesOf(value: unknown): string[] {
  const entries = isMapping(value) ? Object.keys(value) : listOf(value).map(String);
  return entries.flatMap((entry) => entry.split(",").map((name) => name.trim())).filter((name) => name !== "");
}

/** Lines for `sudo` or `doas`; `false` and nothing are none. */
function rulesOf(name: string, rules: unknown, { folder, file }: { folder: string; file: string }): string[] {
  const lines = listOf(rules).filter((rule) => typeof rule === "string");
  if (lines.length === 0) return [];
  const words = lines.map((rule) => quote(name === "" ? rule : `${name} ${rule}`));
  return [
    `mkdir -p -m 0750 ${folder}`,
    `printf '%s\\n' ${words.join(" ")} >>${folder}/${file}`,
    `chmod 0440 ${folder}/${file}`,
  ];
}

/** Locked, as cloud-init leaves it, unless `lock_passwd` is false: it is no way in by then. */
function passwordOf(user: CloudConfig): string[] {
  const name = String(user.name);
  const hash = user.hashed_passwd ?? user.passwd;
  const set = [
    ...(typeof hash === "string" ? [setPassword(name, hash, true)] : []),
    ...(user.plain_text_passwd === undefined || user.plain_text_passwd === null
      ? []
      : [setPassword(name, String(user.plain_text_passwd), false)]),
  ];
  if (set.length === 0 || user.lock_passwd === false) return set;
  const word = quote(name);
  return [...set, `if command -v usermod >/dev/null; then usermod -L ${word}; else passwd -l ${word} >/dev/null; fi`];
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
  const changed: string[] = [];
  const set = (name: string, password: string, type: string) => {
    if (name === "") return;
    lines.push(type === "RANDOM" ? randomPassword(name) : setPassword(name, password, type === "hash"));
    changed.push(name);
  };
  if (config.password !== undefined && config.password !== null) set("root", String(config.password), "text");
  const section = isMapping(config.chpasswd) ? config.chpasswd : {};
  const entries = typeof section.list === "string" ? section.list.split("\n") : listOf(section.list).map(String);
  for (const entry of entries) {
    const [name = "", ...rest] = entry.trim().split(":");
    const password = rest.join(":");
    const random = password === "R" || password === "RANDOM";
    set(name, password, random ? "RANDOM" : /^\$\w+\$/.test(password) ? "hash" : "text");
  }
  for (const user of listOf(section.users)) {
    if (!isMapping(user)) continue;
    set(String(user.name ?? ""), String(user.password ?? ""), String(user.type ?? "hash"));
  }
  // Programs of root's, such as cron, ask for no password that has expired.
  const expired = section.expire === false ? [] : changed.filter((name) => name !== "root");
  lines.push(...expired.map((name) => `if command -v chage >/dev/null; then chage -d 0 ${quote(name)}; fi`));
  return lines.length === 0 ? [] : [{ name: "passwords", shell: lines.join("\n") }];
}

/** Told on the console, as cloud-init does. */
function randomPassword(name: string): string {
  return `password=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \\n')
printf '%s:%s\\n' ${quote(name)} "$password" | chpasswd || exit
echo "Set the following 'random' passwords"; printf '%s:%s\\n' ${quote(name)} "$password"`;
}

/** Small images have no chpasswd: a hash is written into the file then, and a password hashed by what there is. */
function setPassword(name: string, password: string, hashed: boolean): string {
  const [word, entry] = [quote(password), quote(`${name}:${password}`)];
  const hash = hashed
    ? `hash=${word}`
    : `hash=$(printf '%s\\n' ${word} | openssl passwd -6 -stdin 2>/dev/null || cryptpw -m sha512 ${word} 2>/dev/null) || { echo 'passwords: the image has none of chpasswd, openssl and cryptpw'; exit 1; }`;
  return `if command -v chpasswd >/dev/null; then printf '%s\\n' ${entry} | chpasswd ${hashed ? "-e" : ""}; else
${hash}
sed -i "s|^"${quote(name)}":[^:]*:|"${quote(name)}":$hash:|" /etc/shadow
fi`;
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
