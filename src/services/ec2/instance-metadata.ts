import type { InstanceNetworkInterface } from "@aws-sdk/client-ec2";
import type { MetadataFolder } from "../../aws/metadata-tree.ts";
import type { ServiceContext } from "../service-context.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { interfaceMetadata } from "./interface-metadata.ts";
import { completeResources, findResource } from "./resource.ts";
import { createRoleCredentials, metadataJson, metadataTime, roleOfProfile } from "./role-credentials.ts";
import { type Scope, scopeOf } from "./scope.ts";

type CredentialsOf = ReturnType<typeof createRoleCredentials>;

interface Sources {
  readonly credentialsOf: CredentialsOf;
  /** Signs an instance identity document, and wraps it with its signature. */
  readonly identity: {
    sign(document: string): Promise<string>;
    envelop(document: string): Promise<string>;
  };
}

/** What the metadata service asks for: an instance of any account and region, as it is now. */
export function instanceMetadata(services: ServiceContext, identity: Sources["identity"]) {
  const sources = { credentialsOf: createRoleCredentials(services), identity };
  return async (id: string) => {
    const row = await services.db
      .selectFrom("instances")
      .select(["account_id", "region"])
      .where("id", "=", id)
      .executeTakeFirst();
    const scope = row && scopeOf(services, { accountId: row.account_id, region: row.region });
    const instance = scope && (await findResource(scope, instances, id));
    if (scope === undefined || instance === undefined) return undefined;
    await completeResources(scope, instances, [instance]);
    return {
      enabled: instance.MetadataOptions?.HttpEndpoint !== "disabled",
      tokenRequired: instance.MetadataOptions?.HttpTokens === "required",
      root: await metadataOf(scope, instance, sources),
    };
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html: what an instance has no value for is not there. */
async function metadataOf(scope: Scope, instance: StoredInstance, sources: Sources): Promise<MetadataFolder> {
  const { credentialsOf, identity } = sources;
  const document = identityDocument(scope, instance);
  return {
    dynamic: {
      fws: { "instance-monitoring": instance.Monitoring?.State === "enabled" ? "enabled" : "disabled" },
      "instance-identity": {
        document,
        pkcs7: () => identity.envelop(document),
        rsa2048: () => identity.envelop(document),
        signature: () => identity.sign(document),
      },
    },
    "meta-data": await metaData(scope, instance, roleMetadata(scope, instance, credentialsOf)),
    "user-data": instance.UserData === undefined ? undefined : Buffer.from(instance.UserData, "base64"),
  };
}

/** What is below `meta-data`; without a role's, it is what cloud-init keeps. */
export async function metaData(
  scope: Scope,
  instance: StoredInstance,
  iam: MetadataFolder | undefined,
): Promise<MetadataFolder> {
  return {
    "ami-id": instance.ImageId,
    "ami-launch-index": String(instance.AmiLaunchIndex ?? 0),
    "ami-manifest-path": "(unknown)",
    "block-device-mapping": blockDevices(instance),
    events: { maintenance: { history: "[]", scheduled: "[]" } },
    hibernation: { configured: String(instance.HibernationOptions?.Configured === true) },
    hostname: instance.PrivateDnsName,
    iam,
    "instance-action": "none",
    "instance-id": instance.InstanceId,
    "instance-life-cycle": instance.InstanceLifecycle ?? "on-demand",
    "instance-type": instance.InstanceType,
    ipv6: instance.NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address,
    "local-hostname": instance.PrivateDnsName,
    "local-ipv4": instance.PrivateIpAddress,
    mac: instance.NetworkInterfaces?.[0]?.MacAddress,
    metrics: { vhostmd: '<?xml version="1.0" encoding="UTF-8"?>' },
    network: { interfaces: { macs: await interfaces(scope, instance.NetworkInterfaces ?? []) } },
    placement: placement(scope, instance),
    profile: "default-hvm",
    "public-hostname": instance.PublicDnsName || undefined,
    "public-ipv4": instance.PublicIpAddress,
    "public-keys": publicKeys(instance),
    "reservation-id": instance.ReservationId,
    "security-groups": (instance.SecurityGroups ?? []).map(({ GroupName }) => GroupName).join("\n") || undefined,
    services: { domain: "amazonaws.com", partition: "aws" },
    system: getInstanceType(instance.InstanceType ?? "").Hypervisor ?? "nitro",
    tags: tags(instance),
  };
}

async function interfaces(scope: Scope, all: readonly InstanceNetworkInterface[]): Promise<MetadataFolder> {
  const folders = all.map(async (one) => [one.MacAddress ?? "", await interfaceMetadata(scope, one)] as const);
  return Object.fromEntries(await Promise.all(folders));
}

/** `ami` and `root`, and the further volumes by their devices, without `/dev/`. */
function blockDevices({ RootDeviceName = "/dev/xvda", BlockDeviceMappings = [] }: StoredInstance): MetadataFolder {
  const further = BlockDeviceMappings.filter(({ DeviceName }) => DeviceName !== RootDeviceName);
  return {
    ami: RootDeviceName.replace("/dev/", ""),
    ...Object.fromEntries(
      further.map(({ DeviceName = "" }, index) => [`ebs${index + 1}`, DeviceName.replace("/dev/", "")]),
    ),
    root: RootDeviceName,
  };
}

function roleMetadata(
  scope: Scope,
  instance: StoredInstance,
  credentialsOf: CredentialsOf,
): MetadataFolder | undefined {
  const { Arn, Id } = instance.IamInstanceProfile ?? {};
  const role = Arn === undefined ? undefined : roleOfProfile(Arn);
  if (role === undefined) return undefined;
  const info = {
    Code: "Success",
    LastUpdated: metadataTime(scope.now()),
    InstanceProfileArn: Arn,
    InstanceProfileId: Id,
  };
  return {
    info: metadataJson(info),
    "security-credentials": { [role.name]: () => credentialsOf(instance) },
  };
}

function placement({ region }: Scope, { Placement }: StoredInstance): MetadataFolder {
  return {
    "availability-zone": Placement?.AvailabilityZone,
    "availability-zone-id": Placement?.AvailabilityZoneId,
    "group-name": Placement?.GroupName || undefined,
    "host-id": Placement?.HostId || undefined,
    "partition-number": Placement?.PartitionNumber === undefined ? undefined : String(Placement.PartitionNumber),
    region,
  };
}

function publicKeys({ KeyName, SshPublicKey }: StoredInstance): MetadataFolder | undefined {
  if (KeyName === undefined || SshPublicKey === undefined) return undefined;
  // OpenSSH's form with the pair's name as its comment.
  const key = SshPublicKey.trim().split(/\s+/).slice(0, 2).join(" ");
  return { "": `0=${KeyName}`, "0": { "openssh-key": `${key} ${KeyName}` } };
}

/** Keys that no path can name are left out. */
function tags({ MetadataOptions, Tags = [] }: StoredInstance): MetadataFolder | undefined {
  if (MetadataOptions?.InstanceMetadataTags !== "enabled") return undefined;
  const named = Tags.filter(({ Key = "" }) => Key !== "" && !Key.includes("/") && !/\s/.test(Key));
  return { instance: Object.fromEntries(named.map(({ Key = "", Value = "" }) => [Key, Value])) };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
function identityDocument({ accountId, region, now }: Scope, instance: StoredInstance): string {
  return metadataJson({
    accountId,
    architecture: instance.Architecture,
    availabilityZone: instance.Placement?.AvailabilityZone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: instance.ImageId,
    instanceId: instance.InstanceId,
    instanceType: instance.InstanceType,
    kernelId: null,
    pendingTime: metadataTime(instance.LaunchTime ?? now()),
    privateIp: instance.PrivateIpAddress,
    ramdiskId: null,
    region,
    version: "2017-09-30",
  });
}
