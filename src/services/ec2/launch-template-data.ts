import type {
  RequestLaunchTemplateData,
  ResponseLaunchTemplateData,
  RunInstancesRequest,
  Tag,
  TagSpecification,
  ValidationWarning,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { checkMetadataOptions } from "./instance-options.ts";
import { allInstanceTypes } from "./instance-types.ts";
import { checkTags } from "./tag-specifications.ts";
import { checkUserData } from "./user-data.ts";

/**
 * Checks what a launch template says, as far as AWS does before a launch: forms, not whether images or groups are there.
 * @returns the data as it is described @throws AwsError
 */
export function checkTemplateData(data: RequestLaunchTemplateData): ResponseLaunchTemplateData {
  if (data.InstanceType && data.InstanceRequirements !== undefined) {
    throw invalidParameterCombination("InstanceType and InstanceRequirements cannot be specified together.");
  }
  checkUserData(data.UserData, "InvalidUserData.Malformed");
  checkMetadataOptions(data.MetadataOptions);
  const behavior = data.InstanceInitiatedShutdownBehavior;
  if (behavior !== undefined && behavior !== "stop" && behavior !== "terminate") {
    throw invalidParameterValue(`Invalid value '${String(behavior)}' for instanceInitiatedShutdownBehavior.`);
  }
  if (data.ImageId !== undefined && !/^(?:ami-|resolve:ssm:|[a-z0-9])/.test(data.ImageId)) {
    throw new AwsError("InvalidAMIID.Malformed", `The image ID '${data.ImageId}' is not valid.`);
  }
  if (data.IamInstanceProfile?.Arn && data.IamInstanceProfile.Name) {
    throw invalidParameterCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  const market = data.InstanceMarketOptions?.MarketType;
  if (market !== undefined && !["spot", "capacity-block", "interruptible-capacity-reservation"].includes(market)) {
    throw invalidParameterValue(`Invalid value '${market}' for MarketType.`);
  }
  checkTagSpecifications(data);
  // Where the response's shape differs, it has more members, all of them optional.
  return withoutEmpty(data) as ResponseLaunchTemplateData;
}

export function noTemplateData() {
  return new AwsError(
    "MissingParameter",
    "No launch template data was provided. Launch template data is required to create a launch template.",
  );
}

/** What AWS keeps all the same, and warns of: decision 0153. */
export function warningOf({ InstanceType: type }: ResponseLaunchTemplateData): ValidationWarning | undefined {
  if (type === undefined || allInstanceTypes().some((info) => info.InstanceType === type)) return undefined;
  const Message = `The following supplied instance types do not exist: [${type}]`;
  return { Errors: [{ Code: "InvalidInstanceType", Message }] };
}

/** What RunInstances makes of a template, below what the request says itself. */
export function mergeTemplate(data: ResponseLaunchTemplateData, input: RunInstancesRequest): RunInstancesRequest {
  const {
    TagSpecifications,
    RamDiskId,
    InstanceRequirements: _,
    BlockDeviceMappings,
    NetworkInterfaces,
    ...same
  } = data;
  const fromTemplate: Partial<RunInstancesRequest> = {
    ...withoutUnused(same),
    ...(RamDiskId === undefined ? {} : { RamdiskId: RamDiskId }),
  };
  const given = withoutEmpty(input);
  // Groups of a request, by id or by name, take the place of all the groups of the template.
  if (given.SecurityGroupIds !== undefined || given.SecurityGroups !== undefined) {
    delete fromTemplate.SecurityGroupIds;
    delete fromTemplate.SecurityGroups;
  }
  return {
    ...fromTemplate,
    ...given,
    Placement: { ...fromTemplate.Placement, ...withoutEmpty(input.Placement ?? {}) },
    BlockDeviceMappings: mergeBy((mapping) => mapping.DeviceName, BlockDeviceMappings, input.BlockDeviceMappings),
    NetworkInterfaces: mergeBy((one) => one.DeviceIndex ?? 0, NetworkInterfaces, input.NetworkInterfaces),
    TagSpecifications: mergeTags(TagSpecifications, input.TagSpecifications),
    MinCount: input.MinCount,
    MaxCount: input.MaxCount,
  };
}

/** Members of the template that RunInstances has under other names, or not at all. */
function withoutUnused(
  data: Omit<
    ResponseLaunchTemplateData,
    "TagSpecifications" | "RamDiskId" | "InstanceRequirements" | "BlockDeviceMappings" | "NetworkInterfaces"
  >,
): Partial<RunInstancesRequest> {
  const {
    ElasticGpuSpecifications: _,
    ElasticInferenceAccelerators: __,
    SecondaryInterfaces: ___,
    Operator: ____,
    ...rest
  } = data;
  const { Monitoring, ...others } = rest;
  return {
    ...others,
    ...(Monitoring === undefined ? {} : { Monitoring: { Enabled: Monitoring.Enabled } }),
  } as Partial<RunInstancesRequest>;
}

function mergeBy<Item extends object>(
  keyOf: (item: Item) => string | number | undefined,
  ofTemplate: readonly Item[] | undefined,
  ofRequest: readonly Item[] | undefined,
): Item[] {
  const merged = new Map((ofTemplate ?? []).map((item) => [keyOf(item), item]));
  for (const item of ofRequest ?? []) merged.set(keyOf(item), item);
  return [...merged.values()];
}

/** A request's tags join those of the template; for the same key its value counts. */
function mergeTags(
  ofTemplate: readonly TagSpecification[] | undefined,
  ofRequest: readonly TagSpecification[] | undefined,
): TagSpecification[] {
  const merged = [...(ofRequest ?? [])];
  for (const specification of ofTemplate ?? []) {
    // Elastic GPUs are no more.
    if (specification.ResourceType === "elastic-gpu") continue;
    const index = merged.findIndex((other) => other.ResourceType === specification.ResourceType);
    const there = merged[index];
    if (there === undefined) {
      merged.push(specification);
      continue;
    }
    const tags = new Map<string | undefined, Tag>();
    for (const tag of [...(specification.Tags ?? []), ...(there.Tags ?? [])]) tags.set(tag.Key, tag);
    merged[index] = { ResourceType: there.ResourceType, Tags: [...tags.values()] };
  }
  return merged;
}

function checkTagSpecifications(data: RequestLaunchTemplateData): void {
  const types = new Set<string>();
  for (const { ResourceType: type, Tags } of data.TagSpecifications ?? []) {
    if (type === undefined) throw invalidParameterValue("Tag specification resource type must have a value");
    if (!templateTagTypes.includes(type)) {
      throw invalidParameterValue(`'${type}' is not a valid taggable resource type for this operation.`);
    }
    if (types.has(type)) {
      throw invalidParameterValue("The same resource type may not be specified more than once in tag specifications");
    }
    types.add(type);
    checkTags(Tags ?? []);
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateTagSpecificationRequest.html */
const templateTagTypes: readonly string[] = [
  "instance",
  "volume",
  "elastic-gpu",
  "network-interface",
  "spot-instances-request",
];

/** Without members that are not set, among them lists without elements: SDKs and Terraform send both. */
function withoutEmpty<Shape extends object>(shape: Shape): Shape {
  const members = Object.entries(shape).filter(
    ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(members) as Shape;
}
