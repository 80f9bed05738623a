import type { Option, OptionGroup } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { listInstanceDocuments } from "./db-instance-rows.ts";
import { majorOf } from "./engines.ts";
import {
  invalidParameterCombination,
  optionGroupAlreadyExists,
  optionGroupNotFound,
  optionGroupQuotaExceeded,
} from "./errors.ts";
import { arnOfNamed, findNamed, type NamedFamily, nameOf } from "./named-resources.ts";
import { optionEngines, optionMajorsOf } from "./option-catalogue.ts";
import { quotas } from "./quotas.ts";

export interface OptionGroupDocument {
  readonly name: string;
  readonly description: string;
  readonly engine: string;
  readonly majorVersion: string;
  readonly options: readonly Option[];
}

export const optionGroupFamily: NamedFamily<OptionGroupDocument> = {
  kind: "og",
  notFound: optionGroupNotFound,
  alreadyExists: optionGroupAlreadyExists,
  quota: { most: quotas.OptionGroups, exceeded: optionGroupQuotaExceeded },
};

/** One of the account's own, or a default one. @throws OptionGroupNotFoundFault */
export async function requireOptionGroup(ctx: Context, identifier = ""): Promise<OptionGroupDocument> {
  const name = nameOf(ctx, optionGroupFamily, identifier);
  const found = defaultOptionGroup(name) ?? (await findNamed(ctx, optionGroupFamily, name));
  if (found === undefined) throw optionGroupNotFound(name);
  return found;
}

/** One for an engine and a version. @throws OptionGroupNotFoundFault, InvalidParameterCombination for that of another */
export async function requireOptionGroupOf(
  ctx: Context,
  identifier: string,
  { engine, engineVersion }: { readonly engine: string; readonly engineVersion: string },
): Promise<OptionGroupDocument> {
  const group = await requireOptionGroup(ctx, identifier);
  if (group.engine === engine && group.majorVersion === majorOf(engineVersion, engine)) return group;
  throw invalidParameterCombination(
    `The option group ${group.name} is for ${group.engine} ${group.majorVersion}, and your DB instance is ${engine} ${majorOf(engineVersion, engine)}.`,
  );
}

/** `default:postgres-17`: those of the engines that have option groups, which are not kept. */
export function defaultOptionGroup(name: string): OptionGroupDocument | undefined {
  const wanted = name.toLowerCase();
  for (const engine of optionEngines) {
    const majorVersion = optionMajorsOf(engine).find((major) => wanted === `default:${engine}-${dashed(major)}`);
    if (majorVersion === undefined) continue;
    const description = `Default option group for ${engine} ${majorVersion}`;
    return { name: wanted, engine, majorVersion, description, options: [] };
  }
  return undefined;
}

const dashed = (major: string) => major.replaceAll(".", "-");

/** Default groups are shown as soon as an instance has them. */
export async function defaultOptionGroupsInUse(ctx: Context): Promise<OptionGroupDocument[]> {
  const names = (await listInstanceDocuments(ctx)).flatMap(({ document }) => groupNamesOf(document));
  return [...new Set(names)].flatMap((name) => defaultOptionGroup(name) ?? []);
}

export async function isOptionGroupInUse(ctx: Context, name: string): Promise<boolean> {
  return (await listInstanceDocuments(ctx)).some(({ document }) => groupNamesOf(document).includes(name));
}

function groupNamesOf({ OptionGroupMemberships = [] }: DbInstanceDocument): string[] {
  return OptionGroupMemberships.map(({ OptionGroupName = "" }) => OptionGroupName);
}

export function toOptionGroup(ctx: Context, group: OptionGroupDocument): OptionGroup {
  return {
    OptionGroupName: group.name,
    OptionGroupDescription: group.description,
    EngineName: group.engine,
    MajorEngineVersion: group.majorVersion,
    Options: [...group.options],
    AllowsVpcAndNonVpcInstanceMemberships: group.options.every(({ Port }) => Port === undefined),
    OptionGroupArn: arnOfNamed(ctx, "og", group.name),
  };
}
