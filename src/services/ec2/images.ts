import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Image } from "@aws-sdk/client-ec2";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readAllowedImages } from "./allowed-images.ts";
import { everImages } from "./deregistered-images.ts";
import { describeData } from "./describe.ts";
import {
  invalidAmiIdNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
} from "./errors.ts";
import { findImage, listImages } from "./image-lookup.ts";
import type { Scope } from "./scope.ts";
import { imageFilters, type StoredImage } from "./stored-images.ts";
import { readTags } from "./stored-tags.ts";

export const imageOperations = {
  async DescribeImages(ctx, input) {
    const matches = compileFilters(input.Filters, imageFilters, (image: Image) => image.Tags);
    const ids = [...new Set(input.ImageIds ?? [])];
    checkPageOf(ids, input);
    const asked = await Promise.all(ids.map((id) => findImage(ctx, id)));
    await checkKnown(
      ctx,
      ids.filter((_, index) => asked[index] === undefined),
    );
    for (const user of input.ExecutableUsers ?? []) checkUser("ExecutableBy", user, ["self", "all"]);
    for (const owner of input.Owners ?? []) checkUser("Owner", owner, ["self", "amazon", "aws-marketplace"]);
    const found = ids.length > 0 ? asked.flatMap((one) => one?.image ?? []) : await listImages(ctx);
    const allowed = await readAllowedImages(ctx);
    if (allowed.isOn) for (const image of found) image.ImageAllowed = allowed.allows(image);
    // An owner sees its own deprecated images without asking for them; disabled ones nobody does.
    const listed = found.filter(
      (image) =>
        ids.length > 0 ||
        (!(allowed.isEnforced && image.ImageAllowed === false) &&
          (input.IncludeDisabled === true || image.State !== "disabled") &&
          (input.IncludeDeprecated === true || image.OwnerId === ctx.accountId || !isDeprecated(ctx, image))),
    );
    const tags = await readTags(
      ctx,
      "image",
      listed.map((image) => image.ImageId ?? ""),
    );
    for (const image of listed) {
      const own = tags.get(image.ImageId ?? "");
      if (own !== undefined) image.Tags = own;
    }
    const page = describeData(
      listed.filter(
        (image) =>
          isOwnedBy(ctx, image, input.Owners) && isLaunchableBy(ctx, image, input.ExecutableUsers) && matches(image),
      ),
      input,
      { kind: "images", keyOf: (image) => image.ImageId ?? "", limits: { min: leastImages, max: 1000 } },
    );
    return { Images: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

const leastImages = 5;

function checkPageOf(ids: readonly string[], { MaxResults }: { MaxResults?: number | undefined }): void {
  if (ids.includes("")) throw missingParameter("ImageId");
  if (MaxResults === undefined) return;
  if (ids.length > 0) {
    throw invalidParameterCombination("The parameter imageIdsSet cannot be used with the parameter maxResults");
  }
  if (MaxResults < leastImages) {
    throw invalidParameterValue(
      `Invalid value '${MaxResults}' for maxResults. Expecting a value greater than ${leastImages}.`,
    );
  }
}

/** Images that are deregistered, or not for this account to see, are only not listed. @throws AwsError for others */
async function checkKnown(ctx: Context, missing: readonly string[]): Promise<void> {
  if (missing.length === 0) return;
  const known = await everImages(ctx, missing);
  const unknown = missing.filter((id) => !known.has(id));
  if (unknown.length > 0) throw invalidAmiIdNotFound(unknown);
}

function isDeprecated(scope: Scope, { DeprecationTime }: Image): boolean {
  return DeprecationTime !== undefined && new Date(DeprecationTime) <= scope.now();
}

function checkUser(parameter: string, value: string, words: readonly string[]): void {
  if (words.includes(value) || /^\d{12}$/.test(value)) return;
  throw invalidParameterValue(`Invalid value '${value}' for ${parameter}.`);
}

function isOwnedBy(ctx: Context, image: Image, owners: readonly string[] | undefined): boolean {
  if (owners === undefined || owners.length === 0) return true;
  return owners.some((owner) =>
    owner === "self" ? image.OwnerId === ctx.accountId : image.OwnerId === owner || image.ImageOwnerAlias === owner,
  );
}

/** By a permission, that is: an owner needs none, and `self` does not find what it owns. */
function isLaunchableBy(ctx: Context, image: StoredImage | Image, users: readonly string[] | undefined): boolean {
  if (users === undefined || users.length === 0) return true;
  const permissions = "LaunchPermissions" in image ? (image.LaunchPermissions ?? []) : [];
  return users.some((user) => {
    if (user === "all") return image.Public === true;
    const id = user === "self" ? ctx.accountId : user;
    return permissions.some(({ UserId }) => UserId === id);
  });
}
