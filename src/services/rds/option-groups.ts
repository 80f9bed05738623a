import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import {
  invalidOptionGroupState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { requireIdentifier, requirePrintable } from "./identifiers.ts";
import { deleteNamed, insertNamed, listNamed, updateNamed } from "./named-resources.ts";
import { describeKnownOption, knownOptions, optionEngines, optionMajorsOf } from "./option-catalogue.ts";
import { changedOptions } from "./option-settings.ts";
import { page } from "./pages.ts";
import {
  defaultOptionGroup,
  defaultOptionGroupsInUse,
  optionGroupFamily as family,
  isOptionGroupInUse,
  requireOptionGroup,
  toOptionGroup,
} from "./stored-option-groups.ts";

export const optionGroups = {
  async CreateOptionGroup(ctx, input) {
    const name = requireName("OptionGroupName", input.OptionGroupName ?? "");
    const engine = requireEngineName(input.EngineName ?? "");
    const majorVersion = input.MajorEngineVersion ?? "";
    if (!optionMajorsOf(engine).includes(majorVersion)) {
      throw invalidParameterCombination(`Cannot find major version ${majorVersion} for ${engine}`);
    }
    const description = input.OptionGroupDescription ?? "";
    if (description === "") throw mustBeProvided("OptionGroupDescription");
    requirePrintable("OptionGroupDescription", description);
    const group = { name, description, engine, majorVersion, options: [] };
    await insertNamed(ctx, family, name, group, input.Tags);
    return { OptionGroup: toOptionGroup(ctx, group) };
  },

  async CopyOptionGroup(ctx, input) {
    const source = await requireOptionGroup(ctx, input.SourceOptionGroupIdentifier);
    if (defaultOptionGroup(source.name) !== undefined) {
      throw invalidParameterValue(`Default option group cannot be copied: ${source.name}`);
    }
    const name = requireName("TargetOptionGroupIdentifier", input.TargetOptionGroupIdentifier ?? "");
    const copy = { ...source, name, description: input.TargetOptionGroupDescription ?? source.description };
    await insertNamed(ctx, family, name, copy, input.Tags);
    return { OptionGroup: toOptionGroup(ctx, copy) };
  },

  async DescribeOptionGroups(ctx, request) {
    const input = withoutBlanks(request);
    filterValues(input.Filters, []);
    const { OptionGroupName, EngineName, MajorEngineVersion } = input;
    if (OptionGroupName && (EngineName || MajorEngineVersion)) {
      throw invalidParameterCombination("OptionGroupName cannot be combined with EngineName or MajorEngineVersion");
    }
    if (MajorEngineVersion && !EngineName) {
      throw invalidParameterCombination("EngineName is required where MajorEngineVersion is given");
    }
    if (EngineName) requireEngineName(EngineName);
    const all = OptionGroupName
      ? [await requireOptionGroup(ctx, OptionGroupName)]
      : [
          ...(await defaultOptionGroupsInUse(ctx)),
          ...(await listNamed(ctx, family)).map(({ document }) => document),
        ].sort((a, b) => (a.name < b.name ? -1 : 1));
    const groups = all.filter(
      (group) =>
        (!EngineName || group.engine === EngineName) &&
        (!MajorEngineVersion || group.majorVersion === MajorEngineVersion),
    );
    const { items, marker } = page(groups, { ...input, kind: "option-groups" }, ({ name }) => name);
    return { OptionGroupsList: items.map((group) => toOptionGroup(ctx, group)), Marker: marker };
  },

  async ModifyOptionGroup(ctx, input) {
    const name = input.OptionGroupName ?? "";
    if (defaultOptionGroup(name) !== undefined) {
      throw invalidOptionGroupState(`Default option group cannot be modified: ${name}`);
    }
    const group = await requireOptionGroup(ctx, name);
    const { OptionsToInclude = [], OptionsToRemove = [] } = input;
    if (OptionsToInclude.length + OptionsToRemove.length === 0) {
      throw invalidParameterCombination("At least one option must be added, modified, or removed.");
    }
    const changed = { ...group, options: changedOptions(group, OptionsToInclude, OptionsToRemove) };
    await updateNamed(ctx, family, group.name, changed);
    return { OptionGroup: toOptionGroup(ctx, changed) };
  },

  async DeleteOptionGroup(ctx, input) {
    const name = input.OptionGroupName ?? "";
    if (defaultOptionGroup(name) !== undefined) {
      throw invalidOptionGroupState(`Default option group cannot be deleted: ${name}`);
    }
    const group = await requireOptionGroup(ctx, name);
    if (await isOptionGroupInUse(ctx, group.name)) {
      throw invalidOptionGroupState(`The option group '${group.name}' cannot be deleted because it is in use.`);
    }
    await deleteNamed(ctx, family, group.name);
    return {};
  },

  async DescribeOptionGroupOptions(_ctx, request) {
    const input = withoutBlanks(request);
    filterValues(input.Filters, []);
    const engine = requireEngineName(input.EngineName ?? "");
    const majors = optionMajorsOf(engine).filter(
      (major) => input.MajorEngineVersion === undefined || major === input.MajorEngineVersion,
    );
    if (input.MajorEngineVersion !== undefined && majors.length === 0) {
      throw invalidParameterCombination(`Cannot find major version ${input.MajorEngineVersion} for ${engine}`);
    }
    const options = majors.flatMap((major) => knownOptions(engine, major).map((option) => ({ major, option })));
    const { items, marker } = page(
      options.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      { ...input, kind: "option-group-options" },
      keyOf,
    );
    const OptionGroupOptions = items.map(({ major, option }) => describeKnownOption(engine, major, option));
    return { OptionGroupOptions, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

const keyOf = ({ major, option }: { readonly major: string; readonly option: { readonly name: string } }) =>
  `${major}/${option.name}`;

/** 1 to 255 letters, digits and hyphens. */
function requireName(parameter: string, name: string): string {
  if (/^default[.:]/i.test(name)) throw invalidParameterValue(`${parameter} cannot begin with default: ${name}`);
  return requireIdentifier(parameter, name, 255);
}

function requireEngineName(name: string): string {
  if (!optionEngines.includes(name)) throw invalidParameterValue(`Invalid DB engine: ${name}`);
  return name;
}
