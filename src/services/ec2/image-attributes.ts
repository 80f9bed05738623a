import type * as Ec2 from "@aws-sdk/client-ec2";
import type { LaunchPermission } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  operationNotPermitted,
} from "./errors.ts";
import { getImage, getOwnImage } from "./image-lookup.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { getResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeAt } from "./scope.ts";
import { sharedWith } from "./shared-resources.ts";
import { images, type StoredImage, sharedImages } from "./stored-images.ts";

export const imageAttributeOperations = {
  async DescribeImageAttribute(ctx, input) {
    const ImageId = required(input.ImageId, "imageId");
    const attribute = required(input.Attribute, "attribute");
    const { image } = await getImage(ctx, ImageId);
    if (input.DryRun === true) throw dryRunOperation();
    switch (attribute) {
      case "description":
        return { ImageId, Description: { Value: image.Description } };
      case "launchPermission": {
        const own = await getOwnImage(ctx, ImageId);
        return { ImageId, LaunchPermissions: own.LaunchPermissions ?? [] };
      }
      case "blockDeviceMapping":
        throw new AwsError("AuthFailure", "Unauthorized attempt to access restricted resource");
      case "productCodes":
        return { ImageId, ProductCodes: [] };
      case "sriovNetSupport":
        return { ImageId, SriovNetSupport: { Value: image.SriovNetSupport } };
      case "bootMode":
        return { ImageId, BootMode: { Value: image.BootMode } };
      case "tpmSupport":
        return { ImageId, TpmSupport: { Value: image.TpmSupport } };
      case "imdsSupport":
        return { ImageId, ImdsSupport: { Value: image.ImdsSupport } };
      case "deregistrationProtection":
        return { ImageId, DeregistrationProtection: { Value: image.DeregistrationProtection ?? "disabled" } };
      case "kernel":
        return { ImageId, KernelId: {} };
      case "ramdisk":
        return { ImageId, RamdiskId: {} };
      case "uefiData":
        return { ImageId, UefiData: {} };
      case "lastLaunchedTime":
        return { ImageId, LastLaunchedTime: {} };
      default:
        throw invalidParameterValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    }
  },

  async ModifyImageAttribute(ctx, input) {
    await getOwnImage(ctx, required(input.ImageId, "imageId"));
    const { Attribute, Value } = input;
    const description = input.Description?.Value ?? (Attribute === "description" ? Value : undefined);
    const imdsSupport = input.ImdsSupport?.Value ?? (Attribute === "imdsSupport" ? Value : undefined);
    const { add, remove } = permissionsOf(input);
    checkOneAttribute({
      description: description !== undefined,
      imdsSupport: imdsSupport !== undefined,
      launchPermission: add.length + remove.length > 0,
    });
    if (Attribute === "description" && !description) throw missingParameter("description");
    if (description === undefined && imdsSupport === undefined && add.length + remove.length === 0) {
      if (Attribute === "launchPermission" || input.OperationType !== undefined)
        throw missingParameter("userId or group");
      throw invalidParameterCombination("No attributes specified.");
    }
    if (imdsSupport === "") throw missingParameter("imdsSupport with value v2.0");
    if (imdsSupport !== undefined && imdsSupport !== "v2.0") {
      throw invalidParameterValue(`Value (${imdsSupport}) for parameter imdsSupport is invalid. Only v2.0 can be set.`);
    }
    if (add.some(({ Group }) => Group === "all")) await checkMayBePublic(ctx);
    await change(ctx, input, (image) => {
      if (description !== undefined) image.Description = description;
      if (imdsSupport !== undefined) image.ImdsSupport = "v2.0";
      const kept = image.LaunchPermissions?.filter((one) => ![...add, ...remove].some((two) => isSame(one, two))) ?? [];
      image.LaunchPermissions = [...kept, ...add];
    });
    return {};
  },

  async ResetImageAttribute(ctx, input) {
    await getOwnImage(ctx, required(input.ImageId, "imageId"));
    if (required(input.Attribute, "attribute") !== "launchPermission") {
      throw new AwsError("InvalidRequest", "The request received was invalid.");
    }
    await change(ctx, input, (image) => {
      image.LaunchPermissions = [];
    });
    return {};
  },

  async CancelImageLaunchPermission(ctx, input) {
    const imageId = required(input.ImageId, "imageId");
    const { image } = await getImage(ctx, imageId);
    const [shared] = await sharedWith(ctx, sharedImages, [imageId]);
    const isNamed = ({ UserId }: LaunchPermission) => UserId === ctx.accountId;
    if (shared?.LaunchPermissions?.some(isNamed) !== true) {
      throw invalidParameterValue(`The image ${image.ImageId} has not been shared with this account.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    const owner = scopeAt(ctx, { accountId: shared.OwnerId ?? "", region: ctx.region });
    await changeRow(owner, imageId, (own) => {
      own.LaunchPermissions = own.LaunchPermissions?.filter((permission) => !isNamed(permission)) ?? [];
    });
    return { Return: true };
  },

  async EnableImage(ctx, input) {
    return change(ctx, input, (image) => {
      if (image.State === "disabled") image.State = "available";
    });
  },

  async DisableImage(ctx, input) {
    return change(ctx, input, (image) => {
      image.State = "disabled";
      image.LaunchPermissions = [];
    });
  },

  async EnableImageDeprecation(ctx, input) {
    const at = required(input.DeprecateAt, "deprecateAt");
    if (at <= ctx.now()) throw invalidParameterValue("The parameter DeprecateAt must be in the future.");
    // AWS rounds to the minute.
    const time = new Date(Math.round(at.getTime() / 60_000) * 60_000).toISOString();
    return change(ctx, input, (image) => {
      image.DeprecationTime = time;
    });
  },

  async DisableImageDeprecation(ctx, input) {
    return change(ctx, input, (image) => {
      delete image.DeprecationTime;
    });
  },

  async EnableImageDeregistrationProtection(ctx, input) {
    await change(ctx, input, (image) => {
      image.DeregistrationProtection =
        input.WithCooldown === true ? "enabled-with-cooldown" : "enabled-without-cooldown";
    });
    return { Return: "true" };
  },

  async DisableImageDeregistrationProtection(ctx, input) {
    await change(ctx, input, (image) => {
      image.DeregistrationProtection = "disabled";
    });
    return { Return: "true" };
  },

  async EnableImageBlockPublicAccess(ctx, input) {
    const state = required(input.ImageBlockPublicAccessState, "imageBlockPublicAccessState");
    if (state !== "block-new-sharing") {
      throw invalidParameterValue(`Value (${String(state)}) for parameter imageBlockPublicAccessState is invalid.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "image-public-access", state);
    return { ImageBlockPublicAccessState: state };
  },

  async DisableImageBlockPublicAccess(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "image-public-access", "unblocked");
    return { ImageBlockPublicAccessState: "unblocked" };
  },

  async GetImageBlockPublicAccessState(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    return {
      ImageBlockPublicAccessState: (await readSetting(ctx, "image-public-access")) ?? "unblocked",
      ManagedBy: "account",
    };
  },
} satisfies Operations<typeof Ec2, Context>;

function checkOneAttribute(given: Readonly<Record<string, boolean>>): void {
  const names = Object.keys(given).filter((name) => given[name]);
  if (names.length < 2) return;
  throw invalidParameterCombination(`Fields for multiple attribute types specified: ${names.join(", ")}`);
}

interface PermissionInput {
  readonly LaunchPermission?: Ec2.LaunchPermissionModifications | undefined;
  readonly OperationType?: Ec2.OperationType | undefined;
  readonly UserIds?: readonly string[] | undefined;
  readonly UserGroups?: readonly string[] | undefined;
  readonly OrganizationArns?: readonly string[] | undefined;
  readonly OrganizationalUnitArns?: readonly string[] | undefined;
}

function permissionsOf(input: PermissionInput): { add: LaunchPermission[]; remove: LaunchPermission[] } {
  checkOneOf("operationType", input.OperationType, ["add", "remove"]);
  const named: LaunchPermission[] = [
    ...(input.UserIds ?? []).map((UserId) => ({ UserId })),
    ...(input.UserGroups ?? []).map((Group) => ({ Group: Group as "all" })),
    ...(input.OrganizationArns ?? []).map((OrganizationArn) => ({ OrganizationArn })),
    ...(input.OrganizationalUnitArns ?? []).map((OrganizationalUnitArn) => ({ OrganizationalUnitArn })),
  ];
  const { Add = [], Remove = [] } = input.LaunchPermission ?? {};
  const removes = input.OperationType === "remove";
  const changes = { add: removes ? Add : [...Add, ...named], remove: removes ? [...Remove, ...named] : Remove };
  for (const { UserId, Group } of [...changes.add, ...changes.remove]) {
    if (UserId !== undefined && !/^\d{12}$/.test(UserId)) {
      throw new AwsError(
        "InvalidAMIAttributeItemValue",
        `Invalid attribute item value "${UserId} " for userId item type.`,
      );
    }
    if (Group !== undefined && Group !== "all") {
      throw new AwsError(
        "InvalidAMIAttributeItemValue",
        `Invalid attribute item value "${String(Group)}" for userGroup item type.`,
      );
    }
  }
  return changes;
}

async function change(
  ctx: Context,
  input: { ImageId?: string | undefined; DryRun?: boolean | undefined },
  work: (image: StoredImage) => void,
): Promise<{ Return: boolean }> {
  const imageId = required(input.ImageId, "imageId");
  await getOwnImage(ctx, imageId);
  if (input.DryRun === true) throw dryRunOperation();
  await changeRow(ctx, imageId, work);
  return { Return: true };
}

/** Reads the row again, since others may have changed it while the engine was asked for its images. */
function changeRow(scope: Scope, imageId: string, work: (image: StoredImage) => void): Promise<void> {
  return inTransaction(scope, async (transaction) => {
    const image = await getResource(transaction, images, imageId);
    work(image);
    image.Public = image.LaunchPermissions?.some(({ Group }) => Group === "all") === true;
    await updateResource(transaction, images, image);
  });
}

async function checkMayBePublic(scope: Scope): Promise<void> {
  const state = await readSetting(scope, "image-public-access");
  if (state !== "block-new-sharing") return;
  throw operationNotPermitted(
    "You can't publicly share this image because block public access for AMIs is enabled for this account in this Region.",
  );
}

function isSame(one: LaunchPermission, other: LaunchPermission): boolean {
  return (
    one.Group === other.Group &&
    one.UserId === other.UserId &&
    one.OrganizationArn === other.OrganizationArn &&
    one.OrganizationalUnitArn === other.OrganizationalUnitArn
  );
}
