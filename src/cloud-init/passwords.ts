import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/** `chpasswd`; what `password` says is the default user's. */
export function stepsOfPasswords(config: CloudConfig): Step[] {
  const lines: string[] = [];
  const changed: string[] = [];
  const set = (name: string, password: string, type: string) => {
    if (name === "") return;
    lines.push(type === "RANDOM" ? randomPassword(name) : setPassword(name, password, type === "hash"));
    changed.push(name);
  };
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
  lines.push(...expired.map(expirePassword));
  return lines.length === 0 ? [] : [{ name: "passwords", shell: lines.join("\n") }];
}

/** Shell: has the user change it at the next login. */
export function expirePassword(name: string): string {
  return `if command -v chage >/dev/null; then chage -d 0 ${quote(name)}; fi`;
}

/** Told on the console, as cloud-init does. */
function randomPassword(name: string): string {
  return `password=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \\n')
printf '%s:%s\\n' ${quote(name)} "$password" | chpasswd || exit
echo "Set the following 'random' passwords"; printf '%s:%s\\n' ${quote(name)} "$password"`;
}

/** Small images have no chpasswd: a hash is written into the file then, and a password hashed by what there is. */
export function setPassword(name: string, password: string, hashed: boolean): string {
  const [word, entry] = [quote(password), quote(`${name}:${password}`)];
  const hash = hashed
    ? `hash=${word}`
    : `hash=$(printf '%s\\n' ${word} | openssl passwd -6 -stdin 2>/dev/null || cryptpw -m sha512 ${word} 2>/dev/null) || { echo 'passwords: the image has none of chpasswd, openssl and cryptpw'; exit 1; }`;
  return `if command -v chpasswd >/dev/null; then printf '%s\\n' ${entry} | chpasswd ${hashed ? "-e" : ""}; else
${hash}
sed -i "s|^"${quote(name)}":[^:]*:|"${quote(name)}":$hash:|" /etc/shadow
fi`;
}
