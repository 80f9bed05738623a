import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation } from "./errors.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { required } from "./required.ts";
import { completeResources, getResource, listResources } from "./resource.ts";
import { volumes } from "./volumes.ts";

export const launchTemplateOfInstanceOperations = {
  async GetLaunchTemplateData(ctx, input) {
    const instance = await getResource(ctx, instances, required(input.InstanceId, "InstanceId"));
    if (input.DryRun === true) throw dryRunOperation();
    await completeResources(ctx, instances, [instance]);
    const attached = await listResources(ctx, volumes, { instance_id: instances.idOf(instance) });
    return {
      LaunchTemplateData: {
        ...dataOf(instance),
        BlockDeviceMappings: attached.map(({ Attachments, Encrypted, Iops, Throughput, Size, VolumeType }) => ({
          DeviceName: Attachments?.[0]?.Device,
          Ebs: {
            DeleteOnTermination: Attachments?.[0]?.DeleteOnTermination,
            Encrypted,
            Iops,
            Throughput,
            VolumeSize: Size,
            VolumeType,
          },
        })),
      },
    };
  },
} satisfies Operations<typeof Ec2, Context>;

/** What a template would have to say for another instance like this one. */
function dataOf(instance: StoredInstance): ResponseLaunchTemplateData {
  const { ImageId, InstanceType, KeyName, UserData, EbsOptimized, Placement, IamInstanceProfile } = instance;
  const tags = (instance.Tags ?? []).filter(({ Key }) => Key?.startsWith("aws:") !== true);
  return {
    ImageId,
    InstanceType,
    EbsOptimized,
    ...(KeyName === undefined ? {} : { KeyName }),
    ...(UserData === undefined ? {} : { UserData }),
    ...(IamInstanceProfile?.Arn === undefined ? {} : { IamInstanceProfile: { Arn: IamInstanceProfile.Arn } }),
    Monitoring: { Enabled: instance.Monitoring?.State === "enabled" },
    Placement: {
      AvailabilityZone: Placement?.AvailabilityZone,
      GroupName: Placement?.GroupName,
      Tenancy: Placement?.Tenancy,
    },
    DisableApiTermination: instance.DisableApiTermination,
    DisableApiStop: instance.DisableApiStop,
    InstanceInitiatedShutdownBehavior: instance.InstanceInitiatedShutdownBehavior,
    // With ids and addresses, as the aws CLI's example of the operation has them: who makes a template takes them out.
    NetworkInterfaces: (instance.NetworkInterfaces ?? []).map((one) => ({
      AssociatePublicIpAddress: one.Association !== undefined,
      NetworkInterfaceId: one.NetworkInterfaceId,
      PrivateIpAddress: one.PrivateIpAddress,
      PrivateIpAddresses: one.PrivateIpAddresses?.map(({ Primary, PrivateIpAddress }) => ({
        Primary,
        PrivateIpAddress,
      })),
      Ipv6Addresses: one.Ipv6Addresses,
      DeviceIndex: one.Attachment?.DeviceIndex,
      DeleteOnTermination: one.Attachment?.DeleteOnTermination,
      Description: one.Description,
      Groups: (one.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
      SubnetId: one.SubnetId,
    })),
    ...(instance.CpuCredits === undefined ? {} : { CreditSpecification: { CpuCredits: instance.CpuCredits } }),
    CpuOptions: { CoreCount: instance.CpuOptions?.CoreCount, ThreadsPerCore: instance.CpuOptions?.ThreadsPerCore },
    EnclaveOptions: instance.EnclaveOptions,
    HibernationOptions: instance.HibernationOptions,
    MaintenanceOptions: { AutoRecovery: instance.MaintenanceOptions?.AutoRecovery },
    MetadataOptions: {
      HttpEndpoint: instance.MetadataOptions?.HttpEndpoint,
      HttpProtocolIpv6: instance.MetadataOptions?.HttpProtocolIpv6,
      HttpPutResponseHopLimit: instance.MetadataOptions?.HttpPutResponseHopLimit,
      HttpTokens: instance.MetadataOptions?.HttpTokens,
      InstanceMetadataTags: instance.MetadataOptions?.InstanceMetadataTags,
    },
    PrivateDnsNameOptions: instance.PrivateDnsNameOptions,
    ...(tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "instance", Tags: tags }] }),
  };
}
