import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  ImageUsageReport,
  ImageUsageReportEntry,
  ImageUsageResourceTypeRequest,
  LaunchTemplateVersion,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { removeResource } from "./changes.ts";
import { describeData, describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, malformed, missingParameter, notFound } from "./errors.ts";
import { getOwnImage } from "./image-lookup.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResources, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

interface StoredReport extends ImageUsageReport {
  Entries: { AccountId: string; ResourceType: string; UsageCount: number }[];
}

export const imageUsageReports: Resource<StoredReport> = {
  table: "ec2_image_usage_reports",
  prefix: "amiur",
  type: "image-usage-report",
  idOf: (report) => report.ReportId ?? "",
  dates: ["CreationTime", "ExpirationTime"],
  ...tagsMember,
  filters: pathFilters<StoredReport>()({ "creation-time": "CreationTime", state: "State" }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidImageUsageReportId.Malformed", id, "amiur"),
  notFound: (ids) => notFound("InvalidImageUsageReportId.NotFound", "image usage report ID", ids),
};

const entryFilters = pathFilters<ImageUsageReportEntry>()({
  "account-id": "AccountId",
  "creation-time": "ReportCreationTime",
  "resource-type": "ResourceType",
});

const daysKept = 30;
const usualDepth = 20;
const kinds = ["ec2:Instance", "ec2:LaunchTemplate"];

/** Who else uses an image, as it was at the time: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/your-ec2-ami-usage.html */
export const imageUsageReportOperations = {
  async CreateImageUsageReport(ctx, input) {
    const image = await getOwnImage(ctx, required(input.ImageId, "imageId"));
    const asked = checkTypes(input.ResourceTypes);
    const tags = tagsForNew(input.TagSpecifications, "image-usage-report");
    const bad = input.AccountIds?.find((id) => !/^\d{12}$/.test(id));
    if (bad !== undefined) throw invalidParameterValue(`Invalid value '${bad}' for accountId.`);
    const made = await makeOnce(ctx, imageUsageReports, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const entries = (await Promise.all(asked.map((one) => countUses(scope, image.ImageId, one)))).flat();
      const CreationTime = scope.now();
      const report: StoredReport = {
        ...{ ReportId: scope.newId("amiur"), ImageId: image.ImageId, ResourceTypes: asked, State: "available" },
        ...{ CreationTime, ExpirationTime: new Date(CreationTime.getTime() + daysKept * 24 * 60 * 60 * 1000) },
        AccountIds: input.AccountIds ?? [],
        Entries: entries.filter(({ AccountId }) => !input.AccountIds?.length || input.AccountIds.includes(AccountId)),
      };
      return insertTagged(scope, imageUsageReports, report, tags);
    });
    return { ReportId: made.ReportId };
  },

  async DescribeImageUsageReports(ctx, input) {
    const page = await describeResources(ctx, imageUsageReports, input, {
      ...{ ids: input.ReportIds, limits: { min: 1, max: 500 } },
      only: ({ ImageId = "", ExpirationTime }) =>
        (!input.ImageIds?.length || input.ImageIds.includes(ImageId)) && !isOver(ctx, ExpirationTime),
    });
    return { ImageUsageReports: page.items.map(({ Entries: _, ...shown }) => shown), NextToken: page.nextToken };
  },

  async DescribeImageUsageReportEntries(ctx, input) {
    const matches = compileFilters(input.Filters, entryFilters);
    const reports = input.ReportIds?.length
      ? await getResources(ctx, imageUsageReports, input.ReportIds)
      : await listResources(ctx, imageUsageReports);
    const entries = reports
      .filter(({ ImageId = "" }) => !input.ImageIds?.length || input.ImageIds.includes(ImageId))
      .filter(({ ExpirationTime }) => !isOver(ctx, ExpirationTime))
      .flatMap(({ Entries, ReportId, ImageId, CreationTime }) =>
        Entries.map((entry) => ({ ...entry, ReportId, ImageId, ReportCreationTime: CreationTime })),
      )
      .filter(matches);
    const page = describeData(entries, input, {
      kind: "image-usage-report-entries",
      keyOf: ({ ReportId, AccountId, ResourceType }) => `${ReportId}/${AccountId}/${ResourceType}`,
      limits: { min: 1, max: 500 },
    });
    return { ImageUsageReportEntries: page.items, NextToken: page.nextToken };
  },

  async DeleteImageUsageReport(ctx, input) {
    const id = required(input.ReportId, "reportId");
    await removeResource(ctx, imageUsageReports, { id, DryRun: input.DryRun });
    return { Return: true };
  },
} satisfies Operations<typeof Ec2, Context>;

function isOver(ctx: Context, end: Date | undefined): boolean {
  return end !== undefined && end <= ctx.now();
}

function checkTypes(types: readonly ImageUsageResourceTypeRequest[] | undefined): ImageUsageResourceTypeRequest[] {
  if (types === undefined || types.length === 0) throw missingParameter("resourceTypes");
  for (const { ResourceType = "", ResourceTypeOptions = [] } of types) {
    if (!kinds.includes(ResourceType)) throw invalidParameterValue(`Invalid value '${ResourceType}' for resourceType.`);
    for (const { OptionName, OptionValues } of ResourceTypeOptions) {
      const [depth = ""] = OptionValues ?? [];
      if (OptionName === "version-depth" && ResourceType === "ec2:LaunchTemplate" && /^[1-9]\d{0,4}$/.test(depth))
        continue;
      throw invalidParameterValue(`Invalid value '${OptionName}=${OptionValues?.join(",")}' for resourceTypeOption.`);
    }
  }
  return [...types];
}

/** By the accounts that are not the image's. */
async function countUses(scope: Scope, imageId: string, asked: ImageUsageResourceTypeRequest) {
  const { ResourceType = "", ResourceTypeOptions } = asked;
  const depth = Number(ResourceTypeOptions?.[0]?.OptionValues?.[0] ?? usualDepth);
  const users =
    ResourceType === "ec2:Instance"
      ? await usersByInstances(scope, imageId)
      : await usersByTemplates(scope, imageId, depth);
  const counts = new Map<string, number>();
  for (const account of users) counts.set(account, (counts.get(account) ?? 0) + 1);
  return [...counts].map(([AccountId, UsageCount]) => ({ AccountId, ResourceType, UsageCount }));
}

async function usersByInstances(scope: Scope, imageId: string): Promise<string[]> {
  const rows = await scope.db
    .selectFrom("instances")
    .select("account_id")
    .where("region", "=", scope.region)
    .where("account_id", "<>", scope.accountId)
    .where("image_id", "=", imageId)
    .where("state", "<>", "terminated")
    .orderBy("account_id")
    .execute();
  return rows.map((row) => row.account_id);
}

/** One for each template that names the image in one of its newest versions. */
async function usersByTemplates(scope: Scope, imageId: string, depth: number): Promise<string[]> {
  const rows = await scope.db
    .selectFrom("ec2_launch_template_versions")
    .select(["account_id", "data"])
    .where("region", "=", scope.region)
    .where("account_id", "<>", scope.accountId)
    .orderBy("account_id")
    .orderBy("sort_key", "desc")
    .execute();
  const seen = new Map<string, number>();
  const users = new Map<string, string>();
  for (const row of rows) {
    // Launch templates are written by their own operations.
    const { LaunchTemplateId = "", LaunchTemplateData } = JSON.parse(row.data) as LaunchTemplateVersion;
    const nth = (seen.get(LaunchTemplateId) ?? 0) + 1;
    seen.set(LaunchTemplateId, nth);
    if (nth <= depth && LaunchTemplateData?.ImageId === imageId) users.set(LaunchTemplateId, row.account_id);
  }
  return [...users.values()];
}
