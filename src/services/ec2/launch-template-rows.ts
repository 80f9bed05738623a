import type { LaunchTemplate, LaunchTemplateVersion, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed } from "./errors.ts";
import { insertResource, listResources, type Resource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { wholeSecond } from "./whole-second.ts";

/** Versions have no ids of their own: a row's id is that of the template and the number. */
export const launchTemplateVersions: Resource<LaunchTemplateVersion> = {
  table: "ec2_launch_template_versions",
  prefix: "lt",
  type: "launch-template",
  idOf: (version) => `${version.LaunchTemplateId}/${version.VersionNumber}`,
  columnsOf: (version) => ({ launch_template_id: version.LaunchTemplateId ?? "" }),
  dates: ["CreateTime", "LaunchTemplateData.InstanceMarketOptions.SpotOptions.ValidUntil"],
  tagsOf: () => undefined,
  setTags: () => {},
  filters: pathFilters<LaunchTemplateVersion>()({
    "create-time": "CreateTime",
    "ebs-optimized": "LaunchTemplateData.EbsOptimized",
    "http-endpoint": "LaunchTemplateData.MetadataOptions.HttpEndpoint",
    "http-protocol-ipv4": "LaunchTemplateData.MetadataOptions.HttpEndpoint",
    "host-resource-group-arn": "LaunchTemplateData.Placement.HostResourceGroupArn",
    "http-tokens": "LaunchTemplateData.MetadataOptions.HttpTokens",
    "iam-instance-profile": "LaunchTemplateData.IamInstanceProfile.Arn",
    "image-id": "LaunchTemplateData.ImageId",
    "instance-type": "LaunchTemplateData.InstanceType",
    "is-default-version": "DefaultVersion",
    "kernel-id": "LaunchTemplateData.KernelId",
    "license-configuration-arn": "LaunchTemplateData.LicenseSpecifications.LicenseConfigurationArn",
    "network-card-index": "LaunchTemplateData.NetworkInterfaces.NetworkCardIndex",
    "ram-disk-id": "LaunchTemplateData.RamDiskId",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidLaunchTemplateId.Malformed", id, "lt"),
  notFound: ([id = ""]) =>
    new AwsError("InvalidLaunchTemplateId.VersionNotFound", `Could not find the specified version ${id}.`),
};

interface NewVersion {
  readonly number: number;
  readonly data: ResponseLaunchTemplateData;
  readonly description?: string | undefined;
}

export async function insertVersion(
  scope: Scope,
  template: LaunchTemplate,
  { number, data, description }: NewVersion,
): Promise<LaunchTemplateVersion> {
  const version: LaunchTemplateVersion = {
    LaunchTemplateId: template.LaunchTemplateId,
    LaunchTemplateName: template.LaunchTemplateName,
    VersionNumber: number,
    VersionDescription: description,
    CreateTime: wholeSecond(scope.now()),
    CreatedBy: template.CreatedBy,
    LaunchTemplateData: data,
    Operator: { Managed: false },
  };
  await insertResource(scope, launchTemplateVersions, version);
  return version;
}

/** All versions of a template, the oldest first, with the mark of the default one. */
export async function versionsOf(scope: Scope, template: LaunchTemplate): Promise<LaunchTemplateVersion[]> {
  const id = template.LaunchTemplateId ?? "";
  const found = await listResources(scope, launchTemplateVersions, { launch_template_id: id });
  for (const version of found) version.DefaultVersion = version.VersionNumber === template.DefaultVersionNumber;
  return found.sort((one, other) => (one.VersionNumber ?? 0) - (other.VersionNumber ?? 0));
}
