import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Image, ImageCriterion } from "@aws-sdk/client-ec2";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { inTransaction, type Scope } from "./scope.ts";

const mostCriteria = 10;
const dayMs = 86_400_000;

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-allowed-amis.html */
export const allowedImageOperations = {
  async GetAllowedImagesSettings(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const { state = "disabled", criteria } = (await readSetting(ctx, "allowed-images")) ?? {};
    return { State: state, ...(criteria === undefined ? {} : { ImageCriteria: criteria }), ManagedBy: "account" };
  },

  async EnableAllowedImagesSettings(ctx, input) {
    const state = required(input.AllowedImagesSettingsState, "allowedImagesSettingsState");
    if (state !== "enabled" && state !== "audit-mode") {
      throw invalidParameterValue(`Invalid value '${String(state)}' for allowedImagesSettingsState.`);
    }
    await change(ctx, input.DryRun, { state });
    return { AllowedImagesSettingsState: state };
  },

  async DisableAllowedImagesSettings(ctx, input) {
    await change(ctx, input.DryRun, { state: "disabled" });
    return { AllowedImagesSettingsState: "disabled" as const };
  },

  async ReplaceImageCriteriaInAllowedImagesSettings(ctx, input) {
    const criteria = input.ImageCriteria ?? [];
    if (criteria.length > mostCriteria) {
      throw invalidParameterValue(`There may be no more than ${mostCriteria} image criteria.`);
    }
    const providers = criteria.flatMap(({ ImageProviders = [] }) => ImageProviders);
    const unknown = providers.find((one) => !/^(?:\d{12}|amazon|aws-marketplace|aws-backup-vault|none)$/.test(one));
    if (unknown !== undefined) throw invalidParameterValue(`Invalid value '${unknown}' for imageProviders.`);
    await change(ctx, input.DryRun, { criteria });
    return { ReturnValue: true };
  },
} satisfies Operations<typeof Ec2, Context>;

interface AllowedImages {
  /** Whether what is not allowed cannot be found and launched. */
  readonly isEnforced: boolean;
  /** Whether images tell that they are allowed. */
  readonly isOn: boolean;
  allows(image: Image): boolean;
}

/** An account's own images are always allowed; each other one that meets a criterion. */
export async function readAllowedImages(scope: Scope): Promise<AllowedImages> {
  const { state = "disabled", criteria = [] } = (await readSetting(scope, "allowed-images")) ?? {};
  const tests = criteria.map((criterion) => testOf(criterion, scope.now()));
  return {
    isEnforced: state === "enabled",
    isOn: state !== "disabled",
    allows: (image) => state === "disabled" || image.OwnerId === scope.accountId || tests.some((meets) => meets(image)),
  };
}

function testOf(criterion: ImageCriterion, now: Date): (image: Image) => boolean {
  const { ImageProviders = [], ImageNames = [], MarketplaceProductCodes = [] } = criterion;
  const Filters = ImageNames.length === 0 ? [] : [{ Name: "name", Values: ImageNames }];
  const hasName = compileFilters<Image>(Filters, { name: ({ Name }) => Name });
  const sinceCreated = criterion.CreationDateCondition?.MaximumDaysSinceCreated;
  const sinceDeprecated = criterion.DeprecationTimeCondition?.MaximumDaysSinceDeprecated;
  return (image) =>
    (ImageProviders.length === 0 ||
      ImageProviders.some((one) => one === image.OwnerId || one === image.ImageOwnerAlias)) &&
    hasName(image) &&
    (MarketplaceProductCodes.length === 0 ||
      image.ProductCodes?.some(({ ProductCodeId = "" }) => MarketplaceProductCodes.includes(ProductCodeId)) === true) &&
    isWithin(image.CreationDate, sinceCreated, now) &&
    isWithin(image.DeprecationTime, sinceDeprecated, now);
}

function isWithin(time: string | undefined, days: number | undefined, now: Date): boolean {
  return time === undefined || days === undefined || now.getTime() - new Date(time).getTime() <= days * dayMs;
}

function change(
  ctx: Context,
  dryRun: boolean | undefined,
  changes: { state?: "enabled" | "audit-mode" | "disabled"; criteria?: ImageCriterion[] },
): Promise<void> {
  return inTransaction(ctx, async (scope) => {
    const before = (await readSetting(scope, "allowed-images")) ?? { state: "disabled" };
    if (dryRun === true) throw dryRunOperation();
    await writeSetting(scope, "allowed-images", { ...before, ...changes });
  });
}
