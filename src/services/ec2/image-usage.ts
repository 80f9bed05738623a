import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Image, ImageAncestryEntry, ImageReference } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readAllowedImages } from "./allowed-images.ts";
import { describeData, describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination } from "./errors.ts";
import { findImage, getImage } from "./image-lookup.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { launchTemplateVersions } from "./launch-template-rows.ts";
import { required } from "./required.ts";
import { listResources, type Resource } from "./resource.ts";

type InstanceWithImage = StoredInstance & { Image?: Image | undefined; ImageAllowed?: boolean | undefined };

const instancesWithImages: Resource<InstanceWithImage> = {
  ...instances,
  filters: {
    ...pathFilters<InstanceWithImage>()({
      "availability-zone": "Placement.AvailabilityZone",
      "image-allowed": "ImageAllowed",
      "instance-id": "InstanceId",
      "instance-state-name": "State.Name",
      "instance-type": "InstanceType",
      "launch-time": "LaunchTime",
      "owner-alias": "Image.ImageOwnerAlias",
      "owner-id": "Image.OwnerId",
      "zone-id": "Placement.AvailabilityZoneId",
    }),
  },
};

/** Where images come from, and what uses them. */
export const imageUsageOperations = {
  async DescribeInstanceImageMetadata(ctx, input) {
    const allowed = await readAllowedImages(ctx);
    const known = new Map<string, Image | undefined>();
    for (const { ImageId = "" } of await listResources(ctx, instances)) {
      if (!known.has(ImageId)) known.set(ImageId, (await findImage(ctx, ImageId, "all"))?.image);
    }
    const page = await describeResources(ctx, instancesWithImages, input, {
      ids: input.InstanceIds,
      limits: { min: 1, max: 1000 },
      prepare(instance) {
        instance.Image = known.get(instance.ImageId ?? "");
        instance.ImageAllowed = instance.Image !== undefined && allowed.allows(instance.Image);
      },
    });
    return {
      InstanceImageMetadata: page.items.map(({ Image: image, ImageAllowed, Placement, ...instance }) => ({
        InstanceId: instance.InstanceId,
        InstanceType: instance.InstanceType,
        LaunchTime: instance.LaunchTime,
        AvailabilityZone: Placement?.AvailabilityZone,
        ZoneId: Placement?.AvailabilityZoneId,
        State: instance.State,
        OwnerId: ctx.accountId,
        Tags: instance.Tags,
        ImageMetadata: {
          ImageId: instance.ImageId,
          Name: image?.Name,
          OwnerId: image?.OwnerId,
          State: image?.State,
          ImageOwnerAlias: image?.ImageOwnerAlias,
          CreationDate: image?.CreationDate,
          DeprecationTime: image?.DeprecationTime,
          ImageAllowed,
          IsPublic: image?.Public,
        },
        Operator: instance.Operator,
      })),
      NextToken: page.nextToken,
    };
  },

  /** From the image back to the first that is known. */
  async GetImageAncestry(ctx, input) {
    const first = await getImage(ctx, required(input.ImageId, "imageId"));
    if (input.DryRun === true) throw dryRunOperation();
    const ImageAncestryEntries: ImageAncestryEntry[] = [];
    for (let image: Image | undefined = first.image; image !== undefined; image = await sourceOf(ctx, image)) {
      const { CreationDate, ImageId, ImageOwnerAlias, SourceImageId, SourceImageRegion } = image;
      ImageAncestryEntries.push({
        ...(CreationDate === undefined ? {} : { CreationDate: new Date(CreationDate) }),
        ...{ ImageId, ImageOwnerAlias, SourceImageId, SourceImageRegion },
      });
    }
    return { ImageAncestryEntries };
  },

  async DescribeImageReferences(ctx, input) {
    const ids = required(input.ImageIds, "imageIds");
    const types = input.ResourceTypes?.map(({ ResourceType }) => ResourceType);
    if ((input.IncludeAllResourceTypes === true) === (types !== undefined && types.length > 0)) {
      throw invalidParameterCombination("The request must contain either includeAllResourceTypes or resourceTypes.");
    }
    const wants = (type: ImageReference["ResourceType"]) =>
      input.IncludeAllResourceTypes === true || types?.includes(type);
    const arn = `arn:aws:ec2:${ctx.region}:${ctx.accountId}`;
    const references = new Map<string, ImageReference>();
    const add = (ImageId = "", ResourceType: ImageReference["ResourceType"], Arn: string) => {
      if (ids.includes(ImageId) && wants(ResourceType))
        references.set(`${ImageId}/${Arn}`, { ImageId, ResourceType, Arn });
    };
    for (const one of await listResources(ctx, instances)) {
      if (one.State.Name !== "terminated") add(one.ImageId, "ec2:Instance", `${arn}:instance/${one.InstanceId}`);
    }
    for (const { LaunchTemplateData, LaunchTemplateId } of await listResources(ctx, launchTemplateVersions)) {
      add(LaunchTemplateData?.ImageId, "ec2:LaunchTemplate", `${arn}:launch-template/${LaunchTemplateId}`);
    }
    const page = describeData([...references.values()], input, {
      kind: "image-references",
      keyOf: ({ ImageId, Arn }) => `${ImageId}/${Arn}`,
    });
    return { ImageReferences: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** What an image was made of, where that is known in the region. */
async function sourceOf(
  ctx: Context,
  { SourceImageId, SourceImageRegion = ctx.region }: Image,
): Promise<Image | undefined> {
  if (!SourceImageId || SourceImageRegion !== ctx.region) return undefined;
  return (await findImage(ctx, SourceImageId, "all"))?.image;
}
