import type {
  CpuOptions,
  CpuOptionsRequest,
  Image,
  InstanceMetadataOptionsRequest,
  InstanceMetadataOptionsResponse,
  InstanceTypeInfo,
} from "@aws-sdk/client-ec2";
import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";

/** @throws AwsError for a value that AWS does not take */
export function checkMetadataOptions(options: InstanceMetadataOptionsRequest | undefined): void {
  checkOneOf("HttpTokens", options?.HttpTokens, ["optional", "required"]);
  checkOneOf("HttpEndpoint", options?.HttpEndpoint, ["enabled", "disabled"]);
  checkOneOf("HttpProtocolIpv6", options?.HttpProtocolIpv6, ["enabled", "disabled"]);
  checkOneOf("InstanceMetadataTags", options?.InstanceMetadataTags, ["enabled", "disabled"]);
  const hops = options?.HttpPutResponseHopLimit;
  if (hops !== undefined && (hops < 1 || hops > 64)) {
    throw invalidParameterValue(
      `A value of ‘${hops}’ is not valid for http-put-response-hop-limit. Specify a value between 1 and 64, and try again.`,
    );
  }
}

/** What a burstable type does when its credits are used up; undefined for other types. @throws AwsError */
export function cpuCreditsOf(
  type: InstanceTypeInfo,
  requested: { CpuCredits?: string | undefined } | undefined,
  accountDefault?: string,
): string | undefined {
  if (type.BurstablePerformanceSupported !== true) return undefined;
  checkOneOf("CpuCredits", requested?.CpuCredits || undefined, ["standard", "unlimited"]);
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html
  return (
    requested?.CpuCredits ||
    accountDefault ||
    (type.InstanceType?.startsWith("t2.") === true ? "standard" : "unlimited")
  );
}

/** @throws AwsError for threads or cores that the type does not have */
export function cpuOptionsOf(type: InstanceTypeInfo, requested: CpuOptionsRequest | undefined): CpuOptions {
  const { DefaultCores = 1, DefaultThreadsPerCore = 1 } = type.VCpuInfo ?? {};
  if (requested?.CoreCount === undefined && requested?.ThreadsPerCore === undefined) {
    return { CoreCount: DefaultCores, ThreadsPerCore: DefaultThreadsPerCore };
  }
  if (requested.CoreCount === undefined) throw missingParameter("CoreCount");
  if (requested.ThreadsPerCore === undefined) throw missingParameter("ThreadsPerCore");
  const { CoreCount, ThreadsPerCore } = requested;
  if (
    CoreCount < 1 ||
    CoreCount > DefaultCores ||
    type.VCpuInfo?.ValidCores?.includes(CoreCount) === false ||
    (type.VCpuInfo?.ValidThreadsPerCore ?? [1]).includes(ThreadsPerCore) === false
  ) {
    throw invalidParameterCombination(
      `The CpuOptions (${CoreCount} cores, ${ThreadsPerCore} threads per core) are not valid for the instance type ${type.InstanceType}.`,
    );
  }
  return { CoreCount, ThreadsPerCore };
}

/** What an account sets for launches that do not say it: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html */
export interface MetadataDefaults {
  readonly HttpTokens?: string;
  readonly HttpPutResponseHopLimit?: number;
  readonly HttpEndpoint?: string;
  readonly InstanceMetadataTags?: string;
}

/** The request's choice, or the account's, or the image's, or EC2's own. */
export function metadataOptionsOf(
  image: Image,
  requested: InstanceMetadataOptionsRequest | undefined,
  defaults: MetadataDefaults,
): InstanceMetadataOptionsResponse {
  const v2 = image.ImdsSupport === "v2.0";
  const choices = {
    HttpEndpoint: requested?.HttpEndpoint ?? defaults.HttpEndpoint ?? "enabled",
    HttpTokens: requested?.HttpTokens ?? defaults.HttpTokens ?? (v2 ? "required" : "optional"),
    InstanceMetadataTags: requested?.InstanceMetadataTags ?? defaults.InstanceMetadataTags ?? "disabled",
  };
  return {
    State: "applied",
    HttpProtocolIpv6: requested?.HttpProtocolIpv6 ?? "disabled",
    HttpPutResponseHopLimit: requested?.HttpPutResponseHopLimit ?? defaults.HttpPutResponseHopLimit ?? (v2 ? 2 : 1),
    // Each has been checked where it was set.
    ...(choices as Pick<InstanceMetadataOptionsResponse, keyof typeof choices>),
  };
}

function checkOneOf(parameter: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw invalidParameterValue(`Invalid value '${value}' for ${parameter}.`);
}
