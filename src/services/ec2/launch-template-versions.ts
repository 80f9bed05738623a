import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  DeleteLaunchTemplateVersionsResponseErrorItem,
  DeleteLaunchTemplateVersionsResponseSuccessItem,
  LaunchTemplate,
  LaunchTemplateVersion,
  ResponseLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { checkTemplateData, noTemplateData, warningOf } from "./launch-template-data.ts";
import { insertVersion, launchTemplateVersions, versionsOf } from "./launch-template-rows.ts";
import {
  getLaunchTemplate,
  launchTemplates,
  type TemplateName,
  versionNotFound,
  versionNumber,
} from "./launch-templates.ts";
import { required } from "./required.ts";
import { deleteResources, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

export const launchTemplateVersionOperations = {
  async CreateLaunchTemplateVersion(ctx, input) {
    const requested = checkTemplateData(input.LaunchTemplateData ?? {});
    if (Object.keys(requested).length === 0 && !input.SourceVersion) throw noTemplateData();
    const { ClientToken: token } = input;
    const request = token ? { operation: ctx.operation, token, input: { ...input }, mismatch: tokenUsed } : undefined;
    return inTransaction(ctx, async (scope) => {
      const template = await getLaunchTemplate(scope, input);
      const [before] = (request && (await findMade(scope, request))) ?? [];
      if (before !== undefined) return { LaunchTemplateVersion: await getVersion(scope, template, before) };
      const source = input.SourceVersion ? await getVersion(scope, template, input.SourceVersion) : undefined;
      if (input.DryRun === true) throw dryRunOperation();
      // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html: the new version
      // has what the source has, but for the members that the request gives.
      const data = { ...source?.LaunchTemplateData, ...requested };
      const number = (template.LatestVersionNumber ?? 0) + 1;
      template.LatestVersionNumber = number;
      await updateResource(scope, launchTemplates, template);
      const version = await insertVersion(scope, template, { number, data, description: input.VersionDescription });
      if (request) await rememberMade(scope, request, [String(number)]);
      return { LaunchTemplateVersion: { ...version, DefaultVersion: false }, Warning: warningOf(data) };
    });
  },

  async DescribeLaunchTemplateVersions(ctx, input) {
    const matches = compileFilters(input.Filters, launchTemplateVersions.filters);
    const found = (await versionsAsked(ctx, input)).filter(matches);
    const page = describeData(found, input, {
      kind: "launch-template-versions",
      keyOf: launchTemplateVersions.idOf,
      limits: { min: 1, max: 200 },
    });
    return { LaunchTemplateVersions: page.items, NextToken: page.nextToken };
  },

  async DeleteLaunchTemplateVersions(ctx, input) {
    const asked = required(input.Versions, "launchTemplateVersion");
    if (asked.length === 0) throw missingParameter("launchTemplateVersion");
    return inTransaction(ctx, async (scope) => {
      const template = await getLaunchTemplate(scope, input);
      const malformed = asked.find((version) => !/^(?:\$Latest|\$Default|[1-9]\d{0,9})$/.test(version));
      if (malformed !== undefined) throw invalidParameterValue(`Invalid value for version: ${malformed}`);
      // The default one among them is a refusal of all: decision 0153.
      if (asked.some((version) => versionNumber(template, version) === template.DefaultVersionNumber)) {
        throw invalidParameterValue(
          "The default version cannot be deleted. Either specify another version as default or delete the launch template.",
        );
      }
      const there = await versionsOf(scope, template);
      if (input.DryRun === true) throw dryRunOperation();
      const { LaunchTemplateId, LaunchTemplateName } = template;
      const deleted: DeleteLaunchTemplateVersionsResponseSuccessItem[] = [];
      const refused: DeleteLaunchTemplateVersionsResponseErrorItem[] = [];
      for (const text of asked) {
        const VersionNumber = versionNumber(template, text);
        const version = there.find((candidate) => candidate.VersionNumber === VersionNumber);
        const item = { LaunchTemplateId, LaunchTemplateName, VersionNumber };
        if (version === undefined) {
          const Message = `Version ${text} does not exist for the launch template.`;
          refused.push({ ...item, ResponseError: { Code: "launchTemplateVersionDoesNotExist", Message } });
        } else {
          await deleteResources(scope, launchTemplateVersions, [launchTemplateVersions.idOf(version)]);
          deleted.push(item);
        }
      }
      return {
        SuccessfullyDeletedLaunchTemplateVersions: deleted,
        UnsuccessfullyDeletedLaunchTemplateVersions: refused,
      };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** A template's data of a version, the default one unless told otherwise. @throws AwsError */
export async function templateDataOf(
  scope: Scope,
  name: TemplateName & { readonly Version?: string | undefined },
): Promise<{ template: LaunchTemplate; version: number; data: ResponseLaunchTemplateData }> {
  const template = await getLaunchTemplate(scope, name);
  const version = await getVersion(scope, template, name.Version || "$Default");
  return { template, version: version.VersionNumber ?? 1, data: version.LaunchTemplateData ?? {} };
}

async function getVersion(scope: Scope, template: LaunchTemplate, version: string): Promise<LaunchTemplateVersion> {
  const number = versionNumber(template, version);
  const id = `${template.LaunchTemplateId}/${number}`;
  const [found] = await listResources(scope, launchTemplateVersions, { id });
  if (found === undefined) throw versionNotFound(template, version);
  found.DefaultVersion = number === template.DefaultVersionNumber;
  return found;
}

function tokenUsed() {
  return new AwsError("IdempotentParameterMismatch", "Client token already used before");
}

const whichVersions =
  "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.";

interface VersionsInput extends TemplateName {
  readonly Versions?: readonly string[] | undefined;
  readonly MinVersion?: string | undefined;
  readonly MaxVersion?: string | undefined;
}

async function versionsAsked(scope: Scope, input: VersionsInput): Promise<LaunchTemplateVersion[]> {
  const asked = input.Versions ?? [];
  if (!input.LaunchTemplateId && !input.LaunchTemplateName) {
    // Of all templates, `$Latest` and `$Default` alone can be asked for.
    if (asked.length === 0 || asked.some((version) => !version.startsWith("$"))) {
      throw new AwsError("MissingParameter", whichVersions);
    }
    const templates = await listResources(scope, launchTemplates);
    const found: LaunchTemplateVersion[] = [];
    for (const template of templates) found.push(...(await namedVersions(scope, template, asked)));
    return found;
  }
  if (asked.length > 0 && (input.MinVersion || input.MaxVersion)) {
    const which = input.MinVersion ? "Minimum" : "Maximum";
    throw invalidParameterCombination(`${which} version filter is not applicable when given a list of versions.`);
  }
  const template = await getLaunchTemplate(scope, input);
  if (asked.length > 0) return namedVersions(scope, template, asked);
  const least = input.MinVersion ? versionNumber(template, input.MinVersion) : 0;
  const most = input.MaxVersion ? versionNumber(template, input.MaxVersion) : Number.POSITIVE_INFINITY;
  // AWS lists the newest version first.
  return (await versionsOf(scope, template))
    .filter(({ VersionNumber = 0 }) => VersionNumber >= least && VersionNumber <= most)
    .reverse();
}

async function namedVersions(
  scope: Scope,
  template: LaunchTemplate,
  asked: readonly string[],
): Promise<LaunchTemplateVersion[]> {
  const there = new Map((await versionsOf(scope, template)).map((version) => [version.VersionNumber, version]));
  // A version that is asked for twice is told twice: decision 0153.
  return asked.map((text) => {
    const found = there.get(versionNumber(template, text));
    if (found === undefined) throw versionNotFound(template, text);
    return found;
  });
}
