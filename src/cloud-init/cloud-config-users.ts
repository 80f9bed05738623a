import { addGroup, addToGroup, authorizeKeys, userStep } from "./accounts.ts";
import { stepsOfPasswords } from "./passwords.ts";
import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/**
 * Users, their keys and passwords: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#users-and-groups.
 * All but the default one, which `default-user.ts` makes.
 */
export function stepsOfUsers(config: CloudConfig): Step[] {
  return [
    ...listOf(config.groups).flatMap(stepsOfGroups),
    ...usersOf(config).flatMap(stepsOfUser),
    ...stepsOfPasswords(config),
  ];
}

/** A list, a text with commas, or a mapping by name. */
function usersOf({ users }: CloudConfig): unknown[] {
  return isMapping(users)
    ? Object.entries(users).map(([name, value]) => (isMapping(value) ? { name, ...value } : name))
    : listOf(users).flatMap((entry) =>
        typeof entry === "string" ? entry.split(",").map((name) => name.trim()) : [entry],
      );
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

function stepOfKeys(name: string, keys: unknown): Step[] {
  const lines = listOf(keys).map(String);
  if (lines.length === 0) return [];
  return [{ name: `ssh keys of ${name}`, shell: authorizeKeys(name, lines) }];
}
