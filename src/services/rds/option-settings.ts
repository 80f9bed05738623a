import type { Option, OptionConfiguration, OptionSetting } from "@aws-sdk/client-rds";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { type KnownOption, type KnownSetting, knownOptions } from "./option-catalogue.ts";
import type { OptionGroupDocument } from "./stored-option-groups.ts";

/**
 * The options of a group with those that a request includes and without those that it removes: an option that is there already
 * keeps what the request does not say of it. @throws InvalidParameterValue, InvalidParameterCombination
 */
export function changedOptions(
  group: OptionGroupDocument,
  include: readonly OptionConfiguration[],
  remove: readonly string[],
): Option[] {
  const catalogue = knownOptions(group.engine, group.majorVersion);
  const options = new Map(group.options.map((option) => [option.OptionName ?? "", option]));
  for (const name of remove) {
    const known = catalogue.find((option) => option.name === name);
    if (known?.isPermanent === true && options.has(name)) {
      throw invalidParameterCombination(`The option ${name} is permanent and cannot be removed from an option group.`);
    }
    if (!options.delete(name)) throw invalidParameterValue(`Specified OptionName: ${name} not found.`);
  }
  for (const wanted of include) {
    const known = catalogue.find((option) => option.name === wanted.OptionName);
    if (known === undefined) {
      throw invalidParameterValue(`Invalid option name: ${wanted.OptionName ?? ""} for engine ${group.engine}`);
    }
    options.set(known.name, toOption(known, wanted, options.get(known.name)));
  }
  for (const { name, dependsOn = [], conflictsWith = [] } of catalogue.filter((option) => options.has(option.name))) {
    const missing = dependsOn.find((other) => !options.has(other));
    if (missing !== undefined) throw invalidParameterCombination(`The option ${name} requires the option ${missing}.`);
    const conflict = conflictsWith.find((other) => options.has(other));
    if (conflict !== undefined) {
      throw invalidParameterCombination(`The option ${name} can't be used with the option ${conflict}.`);
    }
  }
  return [...options.values()];
}

function toOption(known: KnownOption, wanted: OptionConfiguration, before: Option | undefined): Option {
  const { settings = [], versions } = known;
  const given = new Map((wanted.OptionSettings ?? []).map(({ Name = "", Value }) => [Name, Value]));
  for (const [name, value] of given) {
    const setting = settings.find((one) => one.name === name);
    if (setting === undefined) throw invalidParameterValue(`Invalid option setting: ${name} for option ${known.name}`);
    requireAllowed(setting, value ?? "", known.name);
  }
  const kept = new Map((before?.OptionSettings ?? []).map(({ Name = "", Value }) => [Name, Value]));
  const missing = settings.find(({ name, isRequired }) => isRequired && !given.has(name) && !kept.has(name));
  if (missing !== undefined) {
    throw invalidParameterValue(`The option setting ${missing.name} is required for option ${known.name}.`);
  }
  const version = wanted.OptionVersion ?? before?.OptionVersion ?? versions?.[0];
  if (version !== undefined && versions?.includes(version) !== true) {
    throw invalidParameterValue(`Invalid option version: ${version} for option ${known.name}`);
  }
  const vpcGroups = wanted.VpcSecurityGroupMemberships?.map((VpcSecurityGroupId) => ({
    VpcSecurityGroupId,
    Status: "active",
  }));
  const dbGroups = wanted.DBSecurityGroupMemberships?.map((DBSecurityGroupName) => ({
    ...{ DBSecurityGroupName, Status: "authorized" },
  }));
  return {
    OptionName: known.name,
    OptionDescription: known.description,
    Persistent: known.isPersistent ?? false,
    Permanent: known.isPermanent ?? false,
    ...portOf(known, wanted.Port ?? before?.Port),
    ...(version !== undefined && { OptionVersion: version }),
    OptionSettings: settings.map((setting) => toSetting(setting, given.get(setting.name) ?? kept.get(setting.name))),
    DBSecurityGroupMemberships: dbGroups ?? before?.DBSecurityGroupMemberships ?? [],
    VpcSecurityGroupMemberships: vpcGroups ?? before?.VpcSecurityGroupMemberships ?? [],
  };
}

function portOf({ name, port: usual }: KnownOption, asked: number | undefined): { Port?: number } {
  if (usual === undefined && asked !== undefined) {
    throw invalidParameterCombination(`The option ${name} has no port.`);
  }
  const port = asked ?? usual;
  if (port !== undefined && (port < 1150 || port > 65_535)) {
    throw invalidParameterValue(`Invalid endpoint port ${port}. Valid range is: 1150-65535`);
  }
  return port === undefined ? {} : { Port: port };
}

/** A list is of allowed values; a range is of numbers. */
function requireAllowed({ name, allowed = "" }: KnownSetting, value: string, option: string): void {
  if (allowed === "") return;
  const [, from, to] = /^(\d+)-(\d+)$/.exec(allowed) ?? [];
  const number = Number(value);
  const options = allowed.toLowerCase().split(",");
  const isAllowed =
    from === undefined
      ? value.split(",").every((one) => options.includes(one.trim().toLowerCase()))
      : value.trim() !== "" && number >= Number(from) && number <= Number(to);
  if (!isAllowed) {
    throw invalidParameterValue(
      `Invalid value ${value} for the setting ${name} of option ${option}. Allowed values: ${allowed}`,
    );
  }
}

function toSetting(setting: KnownSetting, value: string | undefined): OptionSetting {
  const { name, description, value: usual, allowed, isStatic } = setting;
  return {
    ...{ Name: name, Description: description, ApplyType: isStatic === true ? "STATIC" : "DYNAMIC" },
    ...((value ?? usual) === undefined ? {} : { Value: value ?? usual }),
    ...(usual === undefined ? {} : { DefaultValue: usual }),
    ...(allowed === undefined ? {} : { AllowedValues: allowed }),
    DataType: /^\d+-\d+$/.test(allowed ?? "") ? "INTEGER" : "STRING",
    IsModifiable: true,
    IsCollection: name === "SERVER_AUDIT_EVENTS" || /^SQLNET\..*_TYPES_/.test(name),
  };
}
