import type * as Ec2 from "@aws-sdk/client-ec2";
import type { LaunchTemplate } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { checkTemplateData, noTemplateData, warningOf } from "./launch-template-data.ts";
import { insertVersion, launchTemplateVersions, versionsOf } from "./launch-template-rows.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import {
  checkIds,
  completeResources,
  deleteResources,
  listResources,
  type Resource,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { wholeSecond } from "./whole-second.ts";

const notAllThere = "At least one of the launch templates specified in the request does not exist.";

export const launchTemplates: Resource<LaunchTemplate> = {
  table: "ec2_launch_templates",
  prefix: "lt",
  type: "launch-template",
  idOf: (template) => template.LaunchTemplateId ?? "",
  columnsOf: (template) => ({ launch_template_name: template.LaunchTemplateName ?? "" }),
  dates: ["CreateTime"],
  tagsOf: ({ Tags }) => Tags,
  // A template without tags is told without the member: decision 0153.
  setTags(template, tags) {
    if (tags.length > 0) template.Tags = tags;
  },
  filters: pathFilters<LaunchTemplate>()({
    "create-time": "CreateTime",
    "launch-template-id": "LaunchTemplateId",
    "launch-template-name": "LaunchTemplateName",
  }),
  columnFilters: { "launch-template-id": "id", "launch-template-name": "launch_template_name" },
  malformed: (id) =>
    new AwsError("InvalidLaunchTemplateId.Malformed", `The following launch template ids are malformed: ${id}`),
  // Told by Describe; the other operations name the template.
  notFound: () => new AwsError("InvalidLaunchTemplateId.NotFound", notAllThere),
};

export const launchTemplateOperations = {
  async CreateLaunchTemplate(ctx, input) {
    // A dry run says nothing of the name or the data: decision 0153.
    if (input.DryRun === true) throw dryRunOperation();
    const name = required(input.LaunchTemplateName, "launchTemplateName");
    if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
      throw new AwsError(
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.",
      );
    }
    const data = checkTemplateData(input.LaunchTemplateData ?? {});
    if (Object.keys(data).length === 0) throw noTemplateData();
    const tags = tagsForNew(input.TagSpecifications, "launch-template");
    const { ClientToken: token } = input;
    const request = token ? { operation: ctx.operation, token, input: { ...input }, mismatch: tokenUsed } : undefined;
    return inTransaction(ctx, async (scope) => {
      const [before] = (request && (await findMade(scope, request))) ?? [];
      if (before !== undefined) return { LaunchTemplate: await getUnchanged(scope, before) };
      if ((await listResources(scope, launchTemplates, { launch_template_name: name })).length > 0) {
        throw new AwsError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
      }
      const template: LaunchTemplate = {
        LaunchTemplateId: scope.newId("lt"),
        LaunchTemplateName: name,
        CreateTime: wholeSecond(scope.now()),
        CreatedBy: ctx.principal.arn,
        DefaultVersionNumber: 1,
        LatestVersionNumber: 1,
        Operator: { Managed: false },
      };
      await insertVersion(scope, template, { number: 1, data, description: input.VersionDescription });
      if (request) await rememberMade(scope, request, [launchTemplates.idOf(template)]);
      const made = await insertTagged(scope, launchTemplates, template, tags);
      return { LaunchTemplate: made, Warning: warningOf(data) };
    });
  },

  async DescribeLaunchTemplates(ctx, input) {
    const names = input.LaunchTemplateNames ?? [];
    const page = await describeResources(ctx, launchTemplates, input, {
      ids: input.LaunchTemplateIds,
      limits: { min: 1, max: 200 },
      only: (template) => names.length === 0 || names.includes(template.LaunchTemplateName ?? ""),
    });
    const there = new Set(page.items.map((template) => template.LaunchTemplateName));
    for (const name of names) {
      if (there.has(name) || (await findByName(ctx, name)) !== undefined) continue;
      throw nameNotFound(notAllThere);
    }
    return { LaunchTemplates: page.items, NextToken: page.nextToken };
  },

  async ModifyLaunchTemplate(ctx, input) {
    const { DefaultVersion: version } = input;
    return inTransaction(ctx, async (scope) => {
      const template = await getLaunchTemplate(scope, input);
      if (!version) {
        throw new AwsError(
          "MissingParameter",
          `A launch template version must be specified to set the new default version for the template with ID ${template.LaunchTemplateId}.`,
        );
      }
      const number = versionNumber(template, version);
      const there = (await versionsOf(scope, template)).some(({ VersionNumber }) => VersionNumber === number);
      if (!there) throw versionNotFound(template, version);
      if (input.DryRun === true) throw dryRunOperation();
      template.DefaultVersionNumber = number;
      await updateResource(scope, launchTemplates, template);
      await completeResources(scope, launchTemplates, [template]);
      return { LaunchTemplate: template };
    });
  },

  async DeleteLaunchTemplate(ctx, input) {
    return inTransaction(ctx, async (scope) => {
      const template = await getLaunchTemplate(scope, input);
      if (input.DryRun === true) throw dryRunOperation();
      await completeResources(scope, launchTemplates, [template]);
      const versions = await versionsOf(scope, template);
      await deleteResources(scope, launchTemplateVersions, versions.map(launchTemplateVersions.idOf));
      await deleteResources(scope, launchTemplates, [launchTemplates.idOf(template)]);
      return { LaunchTemplate: template };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** How requests name a template: by its id or its name. */
export interface TemplateName {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
}

/** @throws AwsError where neither or both names are given, and where there is none */
export async function getLaunchTemplate(scope: Scope, { LaunchTemplateId, LaunchTemplateName }: TemplateName) {
  if (LaunchTemplateId && LaunchTemplateName) {
    throw invalidParameterCombination(
      "Either provide launch template ID or launch template name to modify the template.",
    );
  }
  if (LaunchTemplateId) {
    checkIds(launchTemplates, [LaunchTemplateId]);
    const [template] = await listResources(scope, launchTemplates, { id: LaunchTemplateId });
    if (template !== undefined) return template;
    throw new AwsError(
      "InvalidLaunchTemplateId.NotFound",
      `The specified launch template, with template ID ${LaunchTemplateId}, does not exist.`,
    );
  }
  if (!LaunchTemplateName) throw missingParameter("launchTemplateId or launchTemplateName");
  const found = await findByName(scope, LaunchTemplateName);
  if (found !== undefined) return found;
  throw nameNotFound(`The specified launch template, with template name ${LaunchTemplateName}, does not exist.`);
}

/** What a repeated request made: only while the template has no other version, and is there (decision 0153). */
async function getUnchanged(scope: Scope, id: string): Promise<LaunchTemplate> {
  const [template] = await listResources(scope, launchTemplates, { id });
  if (template?.LatestVersionNumber !== 1) throw tokenUsed();
  await completeResources(scope, launchTemplates, [template]);
  return template;
}

function tokenUsed() {
  return new AwsError("IdempotentParameterMismatch", "Client token already used before.");
}

async function findByName(scope: Scope, name: string): Promise<LaunchTemplate | undefined> {
  return (await listResources(scope, launchTemplates, { launch_template_name: name }))[0];
}

function nameNotFound(message: string) {
  return new AwsError("InvalidLaunchTemplateName.NotFoundException", message);
}

/** The number behind `$Latest`, `$Default` or a number as text. @throws AwsError for what is none of these */
export function versionNumber(template: LaunchTemplate, version: string): number {
  if (version === "$Latest") return template.LatestVersionNumber ?? 1;
  if (version === "$Default") return template.DefaultVersionNumber ?? 1;
  if (/^[1-9]\d{0,9}$/.test(version)) return Number(version);
  throw invalidParameterValue(
    "Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed.",
  );
}

export function versionNotFound(template: LaunchTemplate, version: string) {
  return new AwsError(
    "InvalidLaunchTemplateId.VersionNotFound",
    `Could not find the specified version ${version} for the launch template with ID ${template.LaunchTemplateId}.`,
  );
}
