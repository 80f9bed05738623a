import type { DescribeEngineDefaultParametersMessage, EngineDefaults, Parameter } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import {
  invalidDbParameterGroupState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
} from "./errors.ts";
import { requireIdentifier, requirePrintable } from "./identifiers.ts";
import { findNamed, type NamedFamily, nameOf } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  findParameter,
  isAllowed,
  isParameterGroupFamily,
  parameterGroupFamilies,
  parametersOf,
} from "./parameter-catalogue.ts";

// What groups of instances and those of clusters have in common.

/** As it is kept: of its parameters those that were set. */
export interface ParameterGroupDocument {
  readonly name: string;
  readonly family: string;
  readonly description: string;
  readonly values: Readonly<Record<string, SetParameter>>;
}

export interface SetParameter {
  readonly value: string;
  readonly applyMethod: "immediate" | "pending-reboot";
}

export interface ParameterChange {
  readonly name: string;
  /** None: the parameter was reset. */
  readonly value: string | undefined;
  readonly isImmediate: boolean;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html */
const mostChanges = 20;

export function newParameterGroup(input: {
  readonly name: string | undefined;
  readonly parameter: string;
  readonly family: string | undefined;
  readonly description: string | undefined;
}): ParameterGroupDocument {
  const { family = "", description = "" } = input;
  const name = requireGroupName(input.parameter, input.name ?? "");
  if (!isParameterGroupFamily(family)) {
    throw invalidParameterValue(
      `ParameterGroupFamily ${family} is not a valid parameter group family. Valid families are: ${parameterGroupFamilies.join(", ")}`,
    );
  }
  if (description === "") throw mustBeProvided("Description");
  return { name, family, description: requirePrintable("Description", description), values: {} };
}

/** @throws InvalidParameterValue, also for the names of default groups */
export function requireGroupName(parameter: string, name: string): string {
  if (/^default[.:]/i.test(name)) throw invalidParameterValue(`${parameter} cannot begin with default: ${name}`);
  if (!/^[a-z][a-z0-9.]*(?:-[a-z0-9.]+)*$/i.test(name)) return requireIdentifier(parameter, name);
  if (name.length > 255) return requireIdentifier(parameter, name);
  return name.toLowerCase();
}

/** The default group of a family, which is not kept: nothing of it can be changed. */
export function defaultGroup(name: string): ParameterGroupDocument | undefined {
  const family = /^default\.(.+)$/.exec(name.toLowerCase())?.[1];
  if (family === undefined || !isParameterGroupFamily(family)) return undefined;
  return { name: `default.${family}`, family, description: `Default parameter group for ${family}`, values: {} };
}

/** How the groups of a family are found, by name or ARN; `kind` is what messages call one. */
export function parameterGroupsOf(family: NamedFamily<ParameterGroupDocument>, kind: string) {
  /** One of the account's own, or a default one. @throws the family's NotFound */
  async function requireGroup(ctx: Context, identifier = ""): Promise<ParameterGroupDocument> {
    const name = nameOf(ctx, family, identifier);
    const found = defaultGroup(name) ?? (await findNamed(ctx, family, name));
    if (found === undefined) throw family.notFound(name);
    return found;
  }

  /** One that may be `done` to: no default one. */
  async function requireOwn(ctx: Context, identifier: string | undefined, done: string) {
    const name = nameOf(ctx, family, identifier);
    if (defaultGroup(name) !== undefined)
      throw invalidDbParameterGroupState(`Default ${kind} cannot be ${done}: ${name}`);
    return requireGroup(ctx, name);
  }

  return { requireGroup, requireOwn };
}

/** A page of what the parameters of a family are at first. */
export function describeEngineDefaults(input: DescribeEngineDefaultParametersMessage, kind: string): EngineDefaults {
  const family = input.DBParameterGroupFamily ?? "";
  if (!isParameterGroupFamily(family)) {
    throw invalidParameterValue(`ParameterGroupFamily ${family} is not a valid parameter group family.`);
  }
  const { items, marker } = page(parametersOf(family), { ...input, kind }, ({ ParameterName = "" }) => ParameterName);
  return { DBParameterGroupFamily: family, Parameters: items, Marker: marker };
}

/** The group with changed parameters. @throws AwsError, and then nothing is changed */
export function withChanges(group: ParameterGroupDocument, changes: readonly Parameter[]): ParameterGroupDocument {
  if (changes.length === 0) throw mustBeProvided("Parameters");
  if (changes.length > mostChanges) {
    throw invalidParameterValue(`At most ${mostChanges} parameters can be modified in a single request.`);
  }
  const values = { ...group.values };
  for (const { ParameterName = "", ParameterValue, ApplyMethod = "pending-reboot" } of changes) {
    const known = requireParameter(group.family, ParameterName);
    if (ParameterValue === undefined) throw mustBeProvided("ParameterValue", "null");
    if (known.IsModifiable !== true) {
      throw invalidParameterValue(`The parameter ${ParameterName} cannot be modified.`);
    }
    requireApplyMethod(known, ApplyMethod);
    if (!isAllowed(known, ParameterValue)) {
      throw invalidParameterValue(
        `Invalid parameter value: ${ParameterValue} for: ${ParameterName} allowed values are: ${known.AllowedValues ?? ""}`,
      );
    }
    values[known.ParameterName ?? ParameterName] = { value: ParameterValue, applyMethod: ApplyMethod };
  }
  return { ...group, values };
}

/** The group with parameters as they were at first; `undefined`: all of them. */
export function withResets(
  group: ParameterGroupDocument,
  resets: readonly Parameter[] | undefined,
): ParameterGroupDocument {
  if (resets === undefined) return { ...group, values: {} };
  if (resets.length === 0) throw invalidParameterCombination("Either ResetAllParameters or Parameters must be given.");
  const values = { ...group.values };
  for (const { ParameterName = "", ApplyMethod = "pending-reboot" } of resets) {
    const known = requireParameter(group.family, ParameterName);
    requireApplyMethod(known, ApplyMethod);
    delete values[known.ParameterName ?? ParameterName];
  }
  return { ...group, values };
}

/** What of a group changed by a request; values that are set again are immediate ones alone. */
export function changesOf(
  before: ParameterGroupDocument,
  after: ParameterGroupDocument,
  requested: readonly Parameter[],
): ParameterChange[] {
  return requested
    .map(({ ParameterName = "", ApplyMethod }) => {
      const name = ParameterName.toLowerCase();
      return { name, value: after.values[name]?.value, isImmediate: ApplyMethod === "immediate" };
    })
    .filter(({ name, value, isImmediate }) => isImmediate || value !== before.values[name]?.value);
}

/** A whole group is reset at once, but for what takes a reboot. */
export function resetsOf({ family, values }: ParameterGroupDocument): Parameter[] {
  return Object.keys(values).map((ParameterName) => {
    const isStatic = findParameter(family, ParameterName)?.ApplyType === "static";
    return { ParameterName, ApplyMethod: isStatic ? "pending-reboot" : "immediate" };
  });
}

/** What DescribeDBParameters lists, by `Source` where it is asked for. */
export function describeParameters(group: ParameterGroupDocument, source: string | undefined): Parameter[] {
  return parametersOf(group.family)
    .map((parameter) => {
      const set = group.values[parameter.ParameterName ?? ""];
      if (set === undefined) return parameter;
      return { ...parameter, ParameterValue: set.value, ApplyMethod: set.applyMethod, Source: "user" };
    })
    .filter(({ Source }) => source === undefined || source === "" || Source === source);
}

function requireParameter(family: string, name: string): Parameter {
  if (name === "") throw mustBeProvided("ParameterName");
  const known = findParameter(family, name);
  if (known === undefined) throw invalidParameterValue(`Could not find parameter with name: ${name}`);
  return known;
}

function requireApplyMethod({ ApplyType, ParameterName }: Parameter, method: string): void {
  if (method !== "immediate" && method !== "pending-reboot") {
    throw invalidParameterValue(`Invalid apply method: ${method}`);
  }
  if (method === "immediate" && ApplyType === "static") {
    throw invalidParameterCombination(`cannot use immediate apply method for static parameter: ${ParameterName ?? ""}`);
  }
}
