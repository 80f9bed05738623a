import type { Image, LaunchPermission } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { FilterTable } from "../../aws/filters.ts";
import { invalidAmiIdNotFound, malformed } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";
import type { Sharing } from "./shared-resources.ts";

/** An image that an account has made. */
export interface StoredImage extends Image {
  ImageId: string;
  Name: string;
  /** What machines are made from; empty: of what has nothing to boot. */
  DockerImage: string;
  LaunchPermissions?: LaunchPermission[] | undefined;
}

/** What no image here has: watermarks, findings of scans, types that it is limited to. */
const ofNone = [
  ...["creation-time", "id", "region"].map((name) => `image-watermark.source-image-${name}`),
  ...["creation-time", "key"].map((name) => `image-watermark.watermark-${name}`),
  ...["supported", "unsupported"].map((name) => `instance-type-specification.${name}-instance-type`),
  ...["critical", "high", "informational", "low", "medium"].map((name) => `scan-result.${name}-fix-available-since`),
  ...["scan-result.finding-scan-date", "scan-result.highest-finding-severity-label"],
];

const ofImages = pathFilters<Image>()({
  architecture: "Architecture",
  "block-device-mapping.delete-on-termination": "BlockDeviceMappings.Ebs.DeleteOnTermination",
  "block-device-mapping.device-name": "BlockDeviceMappings.DeviceName",
  "block-device-mapping.encrypted": "BlockDeviceMappings.Ebs.Encrypted",
  "block-device-mapping.snapshot-id": "BlockDeviceMappings.Ebs.SnapshotId",
  "block-device-mapping.volume-size": "BlockDeviceMappings.Ebs.VolumeSize",
  "block-device-mapping.volume-type": "BlockDeviceMappings.Ebs.VolumeType",
  "boot-mode": "BootMode",
  "creation-date": "CreationDate",
  description: "Description",
  "ena-support": "EnaSupport",
  "free-tier-eligible": "FreeTierEligible",
  hypervisor: "Hypervisor",
  "image-allowed": "ImageAllowed",
  "image-id": "ImageId",
  "image-type": "ImageType",
  "is-public": "Public",
  "kernel-id": "KernelId",
  "manifest-location": "ImageLocation",
  name: "Name",
  "owner-alias": "ImageOwnerAlias",
  "owner-id": "OwnerId",
  platform: "Platform",
  "product-code": "ProductCodes.ProductCodeId",
  "product-code.type": "ProductCodes.ProductCodeType",
  "public-ssm-parameter-name": "PublicSsmParameterName",
  "ramdisk-id": "RamdiskId",
  "root-device-name": "RootDeviceName",
  "root-device-type": "RootDeviceType",
  "source-image-id": "SourceImageId",
  "source-image-region": "SourceImageRegion",
  "source-instance-id": "SourceInstanceId",
  "sriov-net-support": "SriovNetSupport",
  state: "State",
  "state-reason-code": "StateReason.Code",
  "state-reason-message": "StateReason.Message",
  "virtualization-type": "VirtualizationType",
});

export const imageFilters: FilterTable<Image> = {
  ...ofImages,
  ...Object.fromEntries(ofNone.map((name) => [name, () => undefined])),
};

export const images: Resource<StoredImage> = {
  table: "ec2_images",
  prefix: "ami",
  type: "image",
  idOf: (image) => image.ImageId,
  columnsOf: (image) => ({ name: image.Name }),
  ...tagsMember,
  filters: imageFilters,
  columnFilters: {},
  malformed: (id) => malformed("InvalidAMIID.Malformed", id, "ami"),
  notFound: (ids) => invalidAmiIdNotFound(ids),
};

export const sharedImages: Sharing<StoredImage> = {
  ...{ table: "ec2_images", resource: images, member: "LaunchPermissions" },
  permissionsOf: (image) => image.LaunchPermissions ?? [],
};
