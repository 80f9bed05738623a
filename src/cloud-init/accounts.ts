import { setPassword } from "./passwords.ts";
import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/**
 * `systemGroups`: groups that are missing get ids below those of users, as they have on AWS's images, so that the first user is 1000.
 */
export function userStep(user: CloudConfig, { systemGroups = false } = {}): Step {
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
      ...primary.map((group) => addGroup(group)),
      ...groups.map((group) => addGroup(group, systemGroups)),
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

export function addGroup(name: string, system = false): string {
  const word = quote(name);
  const known = quote(`^${name.replace(/[^\w-]/g, ".")}:`);
  return `grep -q ${known} /etc/group || { if command -v groupadd >/dev/null; then groupadd ${system ? "-r " : ""}${word}; elif command -v addgroup >/dev/null; then addgroup ${system ? "-S " : ""}${word}; else ${freeId(system ? 900 : 1000)} echo ${word}:x:$n: >>/etc/group; fi; }`;
}

/** The first id that no user and no group has. */
const freeId = (from: number) =>
  `n=${from}; while grep -q "^[^:]*:[^:]*:$n:" /etc/passwd /etc/group; do n=$((n+1)); done;`;

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
  return `${freeId(1000)} ${uid === undefined ? "" : `n=${quote(uid)}; `}g=$(sed -n "s/^"${group}":[^:]*:\\([0-9]*\\):.*/\\1/p" /etc/group)
[ -n "$g" ] || { g=$n; echo ${group}:x:$g: >>/etc/group; }
echo ${quote(name)}:x:$n:$g:${quote(gecos)}:${quote(home)}:${shell === undefined ? '"$shell"' : quote(shell)} >>/etc/passwd
[ ! -e /etc/shadow ] || echo ${quote(`${name}:*:19000:0:99999:7:::`)} >>/etc/shadow
${noHome ? ":" : `mkdir -p ${quote(home)} && chown "$n:$g" ${quote(home)}`}`;
}

export function addToGroup(user: string, group: string): string {
  const [name, of] = [quote(user), quote(group)];
  return `if command -v usermod >/dev/null; then usermod -a -G ${of} ${name}; elif command -v addgroup >/dev/null; then addgroup ${name} ${of}; else sed -i ${quote(
    `s/^\\(${group.replace(/[^\w-]/g, ".")}:[^:]*:[^:]*:\\)\\(.*[^,]\\)$/\\1\\2,${user}/; s/^\\(${group.replace(/[^\w-]/g, ".")}:[^:]*:[^:]*:\\)$/\\1${user}/`,
  )} /etc/group; fi`;
}
