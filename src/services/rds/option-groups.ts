import type * as Rds from "@aws-sdk/client-rds";
import type { Option, OptionConfiguration, OptionGroup, OptionGroupOption } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { listInstanceDocuments } from "./db-instance-rows.ts";
import {
  invalidOptionGroupState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
  optionGroupAlreadyExists,
  optionGroupNotFound,
} from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import {
  arnOfNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  listNamed,
  type NamedFamily,
  nameOf,
  updateNamed,
} from "./named-resources.ts";
import { page } from "./pages.ts";

interface OptionGroupDocument {
  readonly name: string;
  readonly description: string;
  readonly engine: string;
  readonly majorVersion: string;
  readonly options: readonly Option[];
}

const family: NamedFamily<OptionGroupDocument> = {
  kind: "og",
  notFound: optionGroupNotFound,
  alreadyExists: optionGroupAlreadyExists,
};

/** The engines that have option groups, and the major versions of each. */
const majorVersions: Readonly<Record<string, readonly string[]>> = {
  postgres: ["13", "14", "15", "16", "17", "18"],
  mysql: ["5.7", "8.0", "8.4", "9.7"],
  mariadb: ["10.5", "10.6", "10.11", "11.4", "11.8"],
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.html ; PostgreSQL has none. */
const auditPlugin: OptionGroupOption = {
  Name: "MARIADB_AUDIT_PLUGIN",
  Description: "Logs what clients do",
  PortRequired: false,
  OptionsDependedOn: [],
  OptionsConflictsWith: [],
  Persistent: false,
  Permanent: false,
  RequiresAutoMinorEngineVersionUpgrade: false,
  VpcOnly: false,
  OptionGroupOptionSettings: [
    ...setting("SERVER_AUDIT_EVENTS", "CONNECT,QUERY", "CONNECT,QUERY,TABLE,QUERY_DDL,QUERY_DML,QUERY_DCL"),
    ...setting("SERVER_AUDIT_EXCL_USERS", undefined, undefined),
    ...setting("SERVER_AUDIT_INCL_USERS", undefined, undefined),
    ...setting("SERVER_AUDIT_LOGGING", "ON", "ON"),
    ...setting("SERVER_AUDIT_FILE_ROTATE_SIZE", "1000000", "1-1000000000"),
    ...setting("SERVER_AUDIT_FILE_ROTATIONS", "9", "0-100"),
    ...setting("SERVER_AUDIT_QUERY_LOG_LIMIT", "1024", "0-2147483647"),
  ],
};

export const optionGroups = {
  async CreateOptionGroup(ctx, input) {
    const name = requireName("OptionGroupName", input.OptionGroupName ?? "");
    const engine = requireEngineName(input.EngineName ?? "");
    const majorVersion = input.MajorEngineVersion ?? "";
    if (!majorVersions[engine]?.includes(majorVersion)) {
      throw invalidParameterCombination(`Cannot find major version ${majorVersion} for ${engine}`);
    }
    const description = input.OptionGroupDescription ?? "";
    if (description === "") throw mustBeProvided("OptionGroupDescription");
    const group = { name, description, engine, majorVersion, options: [] };
    await insertNamed(ctx, family, name, group, input.Tags);
    return { OptionGroup: toGroup(ctx, group) };
  },

  async CopyOptionGroup(ctx, input) {
    const source = await requireOptionGroup(ctx, input.SourceOptionGroupIdentifier);
    const name = requireName("TargetOptionGroupIdentifier", input.TargetOptionGroupIdentifier ?? "");
    const copy = { ...source, name, description: input.TargetOptionGroupDescription ?? source.description };
    await insertNamed(ctx, family, name, copy, input.Tags);
    return { OptionGroup: toGroup(ctx, copy) };
  },

  async DescribeOptionGroups(ctx, input) {
    const { OptionGroupName, EngineName, MajorEngineVersion } = input;
    if (OptionGroupName && (EngineName || MajorEngineVersion)) {
      throw invalidParameterCombination("OptionGroupName cannot be combined with EngineName or MajorEngineVersion");
    }
    if (MajorEngineVersion && !EngineName) {
      throw invalidParameterCombination("EngineName is required where MajorEngineVersion is given");
    }
    const all = OptionGroupName
      ? [await requireOptionGroup(ctx, OptionGroupName)]
      : (await listNamed(ctx, family)).map(({ document }) => document);
    const groups = all.filter(
      (group) =>
        (!EngineName || group.engine === EngineName) &&
        (!MajorEngineVersion || group.majorVersion === MajorEngineVersion),
    );
    const { items, marker } = page(groups, { ...input, kind: "option-groups" }, ({ name }) => name);
    return { OptionGroupsList: items.map((group) => toGroup(ctx, group)), Marker: marker };
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
    const options = new Map(group.options.map((option) => [option.OptionName, option]));
    for (const option of OptionsToRemove) {
      if (!options.delete(option)) throw invalidParameterValue(`Specified OptionName: ${option} not found.`);
    }
    for (const wanted of OptionsToInclude) options.set(wanted.OptionName, newOption(group, wanted));
    const changed = { ...group, options: [...options.values()] };
    await updateNamed(ctx, family, group.name, changed);
    return { OptionGroup: toGroup(ctx, changed) };
  },

  async DeleteOptionGroup(ctx, input) {
    const name = input.OptionGroupName ?? "";
    if (defaultOptionGroup(name) !== undefined) {
      throw invalidOptionGroupState(`Default option group cannot be deleted: ${name}`);
    }
    const group = await requireOptionGroup(ctx, name);
    const isMember = ({ OptionGroupMemberships }: DbInstanceDocument) =>
      OptionGroupMemberships?.some(({ OptionGroupName }) => OptionGroupName === group.name);
    if ((await listInstanceDocuments(ctx)).some(({ document }) => isMember(document))) {
      throw invalidOptionGroupState(`The option group '${group.name}' cannot be deleted because it is in use.`);
    }
    await deleteNamed(ctx, family, group.name);
    return {};
  },

  async DescribeOptionGroupOptions(_ctx, input) {
    const engine = requireEngineName(input.EngineName ?? "");
    const versions = (majorVersions[engine] ?? []).filter(
      (version) => !input.MajorEngineVersion || version === input.MajorEngineVersion,
    );
    const options = engine === "postgres" ? [] : versions.map((version) => ofVersion(engine, version));
    const { items, marker } = page(
      options,
      { ...input, kind: "option-group-options" },
      (option) => `${option.MajorEngineVersion}/${option.Name}`,
    );
    return { OptionGroupOptions: items, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

/** One of the account's own, or a default one. @throws OptionGroupNotFoundFault */
export async function requireOptionGroup(ctx: Context, identifier = ""): Promise<OptionGroupDocument> {
  const name = nameOf(ctx, family, identifier);
  const found = defaultOptionGroup(name) ?? (await findNamed(ctx, family, name));
  if (found === undefined) throw optionGroupNotFound(name);
  return found;
}

/** `default:postgres-17` */
function defaultOptionGroup(name: string): OptionGroupDocument | undefined {
  const [, engine = "", dashed = ""] = /^default:([a-z]+)-([\d-]+)$/.exec(name) ?? [];
  const majorVersion = dashed.replaceAll("-", ".");
  if (!majorVersions[engine]?.includes(majorVersion)) return undefined;
  return { name, engine, majorVersion, description: `Default option group for ${engine} ${majorVersion}`, options: [] };
}

function requireName(parameter: string, name: string): string {
  if (/^default[.:]/i.test(name)) throw invalidParameterValue(`${parameter} cannot begin with default: ${name}`);
  return requireIdentifier(parameter, name);
}

function requireEngineName(name: string): string {
  if (!Object.hasOwn(majorVersions, name)) throw invalidParameterValue(`Invalid DB engine: ${name}`);
  return name;
}

function setting(SettingName: string, DefaultValue: string | undefined, AllowedValues: string | undefined) {
  return [
    {
      ...{ SettingName, SettingDescription: SettingName, ApplyType: "DYNAMIC", IsModifiable: true, IsRequired: false },
      ...(DefaultValue === undefined ? {} : { DefaultValue }),
      ...(AllowedValues === undefined ? {} : { AllowedValues }),
    },
  ];
}

function ofVersion(engine: string, version: string): OptionGroupOption {
  return { ...auditPlugin, EngineName: engine, MajorEngineVersion: version, MinimumRequiredMinorEngineVersion: "0" };
}

function newOption({ engine, majorVersion }: OptionGroupDocument, wanted: OptionConfiguration): Option {
  const known = engine === "postgres" ? undefined : ofVersion(engine, majorVersion);
  if (known === undefined || wanted.OptionName !== known.Name) {
    throw invalidParameterValue(`Invalid option name: ${wanted.OptionName ?? ""} for engine ${engine}`);
  }
  const given = new Map((wanted.OptionSettings ?? []).map(({ Name, Value }) => [Name, Value]));
  const settings = known.OptionGroupOptionSettings ?? [];
  for (const name of given.keys()) {
    if (!settings.some(({ SettingName }) => SettingName === name)) {
      throw invalidParameterValue(`Invalid option setting: ${name ?? ""} for option ${known.Name ?? ""}`);
    }
  }
  return {
    OptionName: known.Name,
    OptionDescription: known.Description,
    Persistent: false,
    Permanent: false,
    OptionSettings: settings.map(({ SettingName, SettingDescription, DefaultValue, AllowedValues, ApplyType }) => ({
      ...{ Name: SettingName, Description: SettingDescription, DefaultValue, AllowedValues, ApplyType },
      ...{ Value: given.get(SettingName) ?? DefaultValue, DataType: "STRING", IsModifiable: true, IsCollection: false },
    })),
    DBSecurityGroupMemberships: [],
    VpcSecurityGroupMemberships: [],
  };
}

function toGroup(ctx: Context, group: OptionGroupDocument): OptionGroup {
  return {
    OptionGroupName: group.name,
    OptionGroupDescription: group.description,
    EngineName: group.engine,
    MajorEngineVersion: group.majorVersion,
    Options: [...group.options],
    AllowsVpcAndNonVpcInstanceMemberships: true,
    OptionGroupArn: arnOfNamed(ctx, "og", group.name),
  };
}
