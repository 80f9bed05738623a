import type { Image, InstanceTypeInfo, ResourceType, RunInstancesRequest, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { AccountContext } from "../service-context.ts";
import { readSetting } from "./account-settings.ts";
import { chooseReservation } from "./capacity-reservations.ts";
import { chooseHost } from "./dedicated-hosts.ts";
import {
  invalidKeyPairNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  unsupportedOperation,
} from "./errors.ts";
import { profileOf } from "./iam-instance-profiles.ts";
import { getImageToLaunch, resolveImageId } from "./image-lookup.ts";
import { checkMetadataOptions, type MetadataDefaults } from "./instance-options.ts";
import { getInstanceType } from "./instance-types.ts";
import { findKeyPair } from "./key-pairs.ts";
import { type LaunchNetwork, planNetwork } from "./launch-network.ts";
import { mergeTemplate } from "./launch-template-data.ts";
import { templateDataOf } from "./launch-template-versions.ts";
import { type LaunchVolume, planVolumes } from "./launch-volumes.ts";
import { placementInGroup } from "./placement-groups.ts";
import { checkSpotOptions } from "./spot-requests.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";
import { checkUserData } from "./user-data.ts";

/** Parameters whose effect is not emulated: refused, rather than taken and ignored. */
const refused = [
  "ElasticGpuSpecification",
  "ElasticInferenceAccelerators",
  "KernelId",
  "LicenseSpecifications",
  "RamdiskId",
  "SecondaryInterfaces",
] as const satisfies readonly (keyof RunInstancesRequest)[];

/** A request that has been checked: everything but the ids. */
export interface Launch {
  /** With what its launch template says. */
  readonly input: RunInstancesRequest;
  readonly imageId: string;
  readonly image: Image;
  readonly dockerImage: string;
  readonly type: InstanceTypeInfo & { InstanceType: NonNullable<InstanceTypeInfo["InstanceType"]> };
  readonly minCount: number;
  readonly maxCount: number;
  readonly network: LaunchNetwork;
  readonly volumes: readonly LaunchVolume[];
  readonly userData: string | undefined;
  readonly tags: Partial<Record<ResourceType, Tag[]>>;
  readonly placement: Awaited<ReturnType<typeof placementInGroup>> & { HostId?: string; HostResourceGroupArn?: string };
  readonly reservationId: string | undefined;
  readonly profile: ReturnType<typeof profileOf> | undefined;
  readonly spot: boolean;
  readonly metadataDefaults: MetadataDefaults;
  /** The account's choice for the type's family. */
  readonly defaultCpuCredits: string | undefined;
}

/** In AWS's order: what is missing, then the counts, the image, the type, the key, the network, and the rest. */
export async function checkLaunch(ctx: AccountContext, request: RunInstancesRequest): Promise<Launch> {
  const { input, templateTags } = await withTemplate(ctx, request);
  const unsupported = refused.find((name) => {
    const value = input[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "";
  });
  if (unsupported !== undefined) {
    throw unsupportedOperation(`LocalAWS does not emulate the parameter ${unsupported} of RunInstances yet.`);
  }
  if (input.ImageId === undefined || input.ImageId === "") throw missingParameter("ImageId");
  const { minCount, maxCount } = checkCounts(input);
  const imageId = resolveImageId(input.ImageId);
  const { image, dockerImage } = await getImageToLaunch(ctx, imageId);
  const type = getInstanceType(input.InstanceType ?? "m1.small");
  checkArchitecture(imageId, image, type);
  if (input.KeyName && (await findKeyPair(ctx, input.KeyName)) === undefined) {
    throw invalidKeyPairNotFound(input.KeyName);
  }
  const network = await planNetwork(ctx, { input, type, count: maxCount });
  checkChoices(input);
  const placement = await placementInGroup(ctx, input.Placement ?? {}, type);
  const host = await chooseHost(ctx, input.Placement ?? {}, type, network.subnet.AvailabilityZone);
  const profile = input.IamInstanceProfile;
  const tags = tagsOfSpecifications(input.TagSpecifications, [
    "instance",
    "volume",
    "network-interface",
    "spot-instances-request",
  ]);
  const spot = input.InstanceMarketOptions?.MarketType === "spot";
  if (tags["spot-instances-request"] !== undefined && !spot && !request.LaunchTemplate) {
    throw invalidParameterCombination(
      "Tags for a Spot request take InstanceMarketOptions with the market type 'spot'.",
    );
  }
  return {
    input,
    imageId,
    image,
    dockerImage,
    type,
    minCount,
    maxCount,
    network,
    volumes: await planVolumes(ctx, image, input.BlockDeviceMappings),
    userData: checkUserData(input.UserData),
    tags: { ...tags, instance: [...(tags.instance ?? []), ...templateTags] },
    placement: { ...placement, ...host },
    reservationId: spot
      ? undefined
      : await chooseReservation(ctx, input, { type, subnet: network.subnet, count: maxCount }),
    profile: profile?.Arn || profile?.Name ? profileOf(ctx, profile) : undefined,
    spot,
    metadataDefaults: (await readSetting(ctx, "instance-metadata-defaults")) ?? {},
    defaultCpuCredits: (await readSetting(ctx, "default-credit-specification"))?.[
      type.InstanceType.split(".")[0] ?? ""
    ],
  };
}

/** AWS marks instances with the template that they come from; Terraform reads it there. */
async function withTemplate(ctx: AccountContext, request: RunInstancesRequest) {
  const name = request.LaunchTemplate;
  if (name === undefined || (!name.LaunchTemplateId && !name.LaunchTemplateName)) {
    return { input: request, templateTags: [] };
  }
  const { template, version, data } = await templateDataOf(ctx, name);
  const templateTags: Tag[] = [
    { Key: "aws:ec2launchtemplate:id", Value: template.LaunchTemplateId },
    { Key: "aws:ec2launchtemplate:version", Value: String(version) },
  ];
  return { input: mergeTemplate(data, request), templateTags };
}

function checkCounts({ MinCount, MaxCount }: RunInstancesRequest): { minCount: number; maxCount: number } {
  if (MinCount === undefined) throw missingParameter("MinCount");
  if (MaxCount === undefined) throw missingParameter("MaxCount");
  if (MinCount < 1) {
    throw invalidParameterValue(`Invalid value '${MinCount}' for minCount. Must specify a value greater than 0.`);
  }
  if (MaxCount < 1) {
    throw invalidParameterValue(`Invalid value '${MaxCount}' for maxCount. Must specify a value greater than 0.`);
  }
  if (MinCount > MaxCount) {
    throw invalidParameterCombination(
      `The parameter minCount (${MinCount}) must not be greater than the parameter maxCount (${MaxCount})`,
    );
  }
  return { minCount: MinCount, maxCount: MaxCount };
}

/** A Docker image may be of several architectures; an AMI is of one. */
function checkArchitecture(imageId: string, image: Image, type: InstanceTypeInfo): void {
  const architectures: readonly (string | undefined)[] = type.ProcessorInfo?.SupportedArchitectures ?? [];
  if (!imageId.startsWith("ami-") || image.Public !== true || architectures.includes(image.Architecture)) return;
  throw invalidParameterValue(
    `The architecture '${architectures.join(",")}' of the specified instance type does not match the architecture '${image.Architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
  );
}

function checkChoices(input: RunInstancesRequest): void {
  const behavior = input.InstanceInitiatedShutdownBehavior;
  if (behavior !== undefined && behavior !== "stop" && behavior !== "terminate") {
    throw invalidParameterValue(`Invalid value '${behavior}' for instanceInitiatedShutdownBehavior.`);
  }
  const tenancy: string | undefined = input.Placement?.Tenancy;
  if (tenancy && !["default", "dedicated", "host"].includes(tenancy)) {
    throw invalidParameterValue(`Invalid value '${tenancy}' for tenancy.`);
  }
  const hostname: string | undefined = input.PrivateDnsNameOptions?.HostnameType;
  if (hostname !== undefined && hostname !== "ip-name" && hostname !== "resource-name") {
    throw invalidParameterValue(`Invalid value '${hostname}' for HostnameType.`);
  }
  const recovery: string | undefined = input.MaintenanceOptions?.AutoRecovery;
  if (recovery !== undefined && recovery !== "default" && recovery !== "disabled") {
    throw invalidParameterValue(`Invalid value '${recovery}' for AutoRecovery.`);
  }
  if (input.HibernationOptions?.Configured === true && input.EnclaveOptions?.Enabled === true) {
    throw invalidParameterCombination("Hibernation and enclaves cannot be enabled on the same instance.");
  }
  const market: string | undefined = input.InstanceMarketOptions?.MarketType;
  if (market !== undefined && market !== "spot") {
    if (market !== "capacity-block") throw invalidParameterValue(`Invalid value '${market}' for MarketType.`);
    throw unsupportedOperation("LocalAWS does not emulate Capacity Blocks.");
  }
  if (market === "spot") {
    checkSpotOptions(input.InstanceMarketOptions?.SpotOptions);
    if (tenancy === "host") {
      throw new AwsError("InvalidParameterCombination", "Spot Instances cannot be launched on Dedicated Hosts.");
    }
  }
  checkMetadataOptions(input.MetadataOptions);
}
