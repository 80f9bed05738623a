import { type Command, Option } from "commander";
import { type Config, loadConfig, type Setting, type SettingName, settingNames, settings } from "../config.ts";

const options = settingNames.map((name) => ({ name, option: optionOf(settings[name]) }));

function optionOf(setting: Setting<unknown>): Option {
  const standing = setting.default === undefined ? "" : `; default: ${setting.default}`;
  return new Option(setting.flag, `${setting.description.replaceAll("`", "")} (${setting.variable}${standing})`);
}

/** Gives the command an option for each of the named settings. */
export function addSettings(command: Command, names = settingNames): Command {
  for (const { name, option } of options) if (names.includes(name)) command.addOption(option);
  return command;
}

/** The configuration by what was typed, then the environment, then the defaults. @throws ConfigError */
export function configOf(typed: Readonly<Record<string, string | undefined>>): Config {
  const flags: Partial<Record<SettingName, string>> = {};
  for (const { name, option } of options) {
    const value = typed[option.attributeName()];
    if (value !== undefined) flags[name] = value;
  }
  return loadConfig(flags);
}
