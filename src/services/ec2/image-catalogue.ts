import type { Image, VolumeType } from "@aws-sdk/client-ec2";

/** An AMI that everyone can launch, and the Docker image that it stands for. */
export interface CatalogueImage {
  readonly image: Image & { ImageId: string };
  readonly dockerImage: string;
}

const amazon = "137112412989";
const canonical = "099720109477";
const debian = "136693071363";
const alpine = "538276064493";

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly architecture: "x86_64" | "arm64";
  readonly created: string;
  readonly dockerImage: string;
  readonly rootDevice?: string;
  readonly rootSize?: number;
  readonly volumeType?: "standard" | "gp2" | "gp3";
  readonly uefi?: "uefi" | "uefi-preferred";
  readonly tokensRequired?: true;
}

/**
 * Names follow each publisher's own pattern, so that a search by owner and name finds them; the ids are LocalAWS's own
 * and the same in every region. Minimal images are a day older, so that the latest `al2023-ami-*` is a whole one.
 */
const entries: readonly Entry[] = [
  {
    id: "ami-01d690ec5097a49e9",
    name: "al2023-ami-2023.9.20251014.0-kernel-6.1-x86_64",
    owner: amazon,
    description: "Amazon Linux 2023 AMI 2023.9.20251014.0 x86_64 HVM kernel-6.1",
    architecture: "x86_64",
    created: "2025-10-14T00:00:00.000Z",
    dockerImage: "amazonlinux:2023",
    rootDevice: "/dev/xvda",
    uefi: "uefi-preferred",
    tokensRequired: true,
  },
  {
    id: "ami-0fcfe87e6bc50cd98",
    name: "al2023-ami-2023.9.20251014.0-kernel-6.1-arm64",
    owner: amazon,
    description: "Amazon Linux 2023 AMI 2023.9.20251014.0 arm64 HVM kernel-6.1",
    architecture: "arm64",
    created: "2025-10-14T00:00:00.000Z",
    dockerImage: "amazonlinux:2023",
    rootDevice: "/dev/xvda",
    uefi: "uefi",
    tokensRequired: true,
  },
  {
    id: "ami-0607e682b39545e3c",
    name: "amzn2-ami-hvm-2.0.20251014.0-x86_64-gp2",
    owner: amazon,
    description: "Amazon Linux 2 AMI 2.0.20251014.0 x86_64 HVM gp2",
    architecture: "x86_64",
    created: "2025-10-14T00:00:00.000Z",
    dockerImage: "amazonlinux:2",
    rootDevice: "/dev/xvda",
    volumeType: "gp2",
  },
  {
    id: "ami-0e884623cf4fa38a3",
    name: "amzn2-ami-hvm-2.0.20251014.0-arm64-gp2",
    owner: amazon,
    description: "Amazon Linux 2 LTS Arm64 AMI 2.0.20251014.0 arm64 HVM gp2",
    architecture: "arm64",
    created: "2025-10-14T00:00:00.000Z",
    dockerImage: "amazonlinux:2",
    rootDevice: "/dev/xvda",
    volumeType: "gp2",
    uefi: "uefi",
  },
  {
    id: "ami-0088f99f155a5675c",
    name: "al2023-ami-minimal-2023.9.20251013.0-kernel-6.1-x86_64",
    owner: amazon,
    description: "Amazon Linux 2023 AMI 2023.9.20251013.0 x86_64 Minimal HVM kernel-6.1",
    architecture: "x86_64",
    created: "2025-10-13T00:00:00.000Z",
    dockerImage: "amazonlinux:2023",
    rootDevice: "/dev/xvda",
    rootSize: 2,
    uefi: "uefi-preferred",
    tokensRequired: true,
  },
  {
    id: "ami-09048a254f8f0bd8a",
    name: "al2023-ami-minimal-2023.9.20251013.0-kernel-6.1-arm64",
    owner: amazon,
    description: "Amazon Linux 2023 AMI 2023.9.20251013.0 arm64 Minimal HVM kernel-6.1",
    architecture: "arm64",
    created: "2025-10-13T00:00:00.000Z",
    dockerImage: "amazonlinux:2023",
    rootDevice: "/dev/xvda",
    rootSize: 2,
    uefi: "uefi",
    tokensRequired: true,
  },
  {
    id: "ami-0b537794fce26e8ec",
    name: "amzn2-ami-minimal-hvm-2.0.20251013.0-x86_64-ebs",
    owner: amazon,
    description: "Amazon Linux 2 AMI 2.0.20251013.0 x86_64 Minimal HVM ebs",
    architecture: "x86_64",
    created: "2025-10-13T00:00:00.000Z",
    dockerImage: "amazonlinux:2",
    rootDevice: "/dev/xvda",
    rootSize: 2,
    volumeType: "standard",
  },
  {
    id: "ami-0afb3b4db4d7d0759",
    name: "amzn2-ami-minimal-hvm-2.0.20251013.0-arm64-ebs",
    owner: amazon,
    description: "Amazon Linux 2 AMI 2.0.20251013.0 arm64 Minimal HVM ebs",
    architecture: "arm64",
    created: "2025-10-13T00:00:00.000Z",
    dockerImage: "amazonlinux:2",
    rootDevice: "/dev/xvda",
    rootSize: 2,
    volumeType: "standard",
    uefi: "uefi",
  },
  {
    id: "ami-02dc33c968b780716",
    name: "amzn2-ami-kernel-5.10-hvm-2.0.20251014.0-x86_64-gp2",
    owner: amazon,
    description: "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251014.0 x86_64 HVM gp2",
    architecture: "x86_64",
    created: "2025-10-14T00:00:00.000Z",
    dockerImage: "amazonlinux:2",
    rootDevice: "/dev/xvda",
    volumeType: "gp2",
  },
  {
    id: "ami-0def4f350898d7601",
    name: "amzn2-ami-kernel-5.10-hvm-2.0.20251014.0-arm64-gp2",
    owner: amazon,
    description: "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251014.0 arm64 HVM gp2",
    architecture: "arm64",
    created: "2025-10-14T00:00:00.000Z",
    dockerImage: "amazonlinux:2",
    rootDevice: "/dev/xvda",
    volumeType: "gp2",
    uefi: "uefi",
  },
  {
    id: "ami-0c9f63e89437abf60",
    name: "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-20250624",
    owner: canonical,
    description: "Canonical, Ubuntu, 20.04 LTS, amd64 focal image build on 2025-06-24",
    architecture: "x86_64",
    created: "2025-06-24T00:00:00.000Z",
    dockerImage: "ubuntu:20.04",
    volumeType: "gp2",
    uefi: "uefi-preferred",
  },
  {
    id: "ami-0198541b0022d9ff9",
    name: "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-arm64-server-20250624",
    owner: canonical,
    description: "Canonical, Ubuntu, 20.04 LTS, arm64 focal image build on 2025-06-24",
    architecture: "arm64",
    created: "2025-06-24T00:00:00.000Z",
    dockerImage: "ubuntu:20.04",
    volumeType: "gp2",
    uefi: "uefi",
  },
  {
    id: "ami-001d580ea49604542",
    name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20251015",
    owner: canonical,
    description: "Canonical, Ubuntu, 22.04 LTS, amd64 jammy image build on 2025-10-15",
    architecture: "x86_64",
    created: "2025-10-15T00:00:00.000Z",
    dockerImage: "ubuntu:22.04",
    volumeType: "gp2",
    uefi: "uefi-preferred",
  },
  {
    id: "ami-059cd17b14e79df9c",
    name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20251015",
    owner: canonical,
    description: "Canonical, Ubuntu, 22.04 LTS, arm64 jammy image build on 2025-10-15",
    architecture: "arm64",
    created: "2025-10-15T00:00:00.000Z",
    dockerImage: "ubuntu:22.04",
    volumeType: "gp2",
    uefi: "uefi",
  },
  {
    id: "ami-0a7730ecfc5627c27",
    name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251022",
    owner: canonical,
    description: "Canonical, Ubuntu, 24.04, amd64 noble image",
    architecture: "x86_64",
    created: "2025-10-22T00:00:00.000Z",
    dockerImage: "ubuntu:24.04",
    uefi: "uefi-preferred",
  },
  {
    id: "ami-05699b64ad47040d5",
    name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20251022",
    owner: canonical,
    description: "Canonical, Ubuntu, 24.04, arm64 noble image",
    architecture: "arm64",
    created: "2025-10-22T00:00:00.000Z",
    dockerImage: "ubuntu:24.04",
    uefi: "uefi",
  },
  {
    id: "ami-0736cd5455bdf558a",
    name: "debian-12-amd64-20251006-2257",
    owner: debian,
    description: "Debian 12 (20251006-2257)",
    architecture: "x86_64",
    created: "2025-10-06T00:00:00.000Z",
    dockerImage: "debian:12",
    rootDevice: "/dev/xvda",
    uefi: "uefi-preferred",
  },
  {
    id: "ami-07d7c60a0d2acd70a",
    name: "debian-12-arm64-20251006-2257",
    owner: debian,
    description: "Debian 12 (20251006-2257)",
    architecture: "arm64",
    created: "2025-10-06T00:00:00.000Z",
    dockerImage: "debian:12",
    rootDevice: "/dev/xvda",
    uefi: "uefi",
  },
  {
    id: "ami-01f86353c16c8a4a8",
    name: "debian-13-amd64-20251006-2257",
    owner: debian,
    description: "Debian 13 (20251006-2257)",
    architecture: "x86_64",
    created: "2025-10-06T00:00:00.000Z",
    dockerImage: "debian:13",
    rootDevice: "/dev/xvda",
    uefi: "uefi-preferred",
  },
  {
    id: "ami-05e9761fa207712c9",
    name: "debian-13-arm64-20251006-2257",
    owner: debian,
    description: "Debian 13 (20251006-2257)",
    architecture: "arm64",
    created: "2025-10-06T00:00:00.000Z",
    dockerImage: "debian:13",
    rootDevice: "/dev/xvda",
    uefi: "uefi",
  },
  {
    id: "ami-0607af8d18cb6e6fd",
    name: "alpine-3.22.2-x86_64-uefi-cloudinit-r0",
    owner: alpine,
    description: "Alpine Linux 3.22.2-r0 x86_64 UEFI cloudinit",
    architecture: "x86_64",
    created: "2025-10-08T00:00:00.000Z",
    dockerImage: "alpine:3.22",
    rootDevice: "/dev/xvda",
    rootSize: 1,
    uefi: "uefi",
  },
  {
    id: "ami-03d47c6eac0bffb4a",
    name: "alpine-3.22.2-aarch64-uefi-cloudinit-r0",
    owner: alpine,
    description: "Alpine Linux 3.22.2-r0 aarch64 UEFI cloudinit",
    architecture: "arm64",
    created: "2025-10-08T00:00:00.000Z",
    dockerImage: "alpine:3.22",
    rootDevice: "/dev/xvda",
    rootSize: 1,
    uefi: "uefi",
  },
];

export const catalogue: readonly CatalogueImage[] = entries.map((entry) => ({
  image: toImage(entry),
  dockerImage: entry.dockerImage,
}));

function toImage(entry: Entry): Image & { ImageId: string } {
  return {
    ImageId: entry.id,
    Name: entry.name,
    Description: entry.description,
    OwnerId: entry.owner,
    ...(entry.owner === alpine ? {} : { ImageOwnerAlias: "amazon" }),
    ImageLocation: `${entry.owner === alpine ? entry.owner : "amazon"}/${entry.name}`,
    ImageType: "machine",
    Architecture: entry.architecture,
    CreationDate: entry.created,
    ...(entry.uefi === undefined ? {} : { BootMode: entry.uefi }),
    ...(entry.tokensRequired === undefined ? {} : { ImdsSupport: "v2.0" }),
    ...machineImage({
      snapshotId: `snap-${entry.id.slice("ami-".length)}`,
      device: entry.rootDevice ?? "/dev/sda1",
      size: entry.rootSize ?? 8,
      volumeType: entry.volumeType ?? "gp3",
    }),
    Public: true,
  };
}

/** A Docker image as an AMI; `id` is its reference, or the unknown AMI id that stands for it. */
export function dockerImageAsAmi(id: string, dockerImage: string, owner: { accountId: string }): Image {
  return {
    ImageId: id,
    Name: dockerImage,
    Description: `Docker image ${dockerImage}`,
    OwnerId: owner.accountId,
    ImageLocation: `${owner.accountId}/${dockerImage}`,
    ImageType: "machine",
    Architecture: "x86_64",
    ...machineImage({ device: "/dev/xvda", size: 8, volumeType: "gp3" }),
    Public: false,
  };
}

function machineImage(root: { snapshotId?: string; device: string; size: number; volumeType: VolumeType }) {
  return {
    State: "available",
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    EnaSupport: true,
    SriovNetSupport: "simple",
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    RootDeviceName: root.device,
    RootDeviceType: "ebs",
    BlockDeviceMappings: [
      {
        DeviceName: root.device,
        Ebs: {
          DeleteOnTermination: true,
          ...(root.snapshotId === undefined ? {} : { SnapshotId: root.snapshotId }),
          VolumeSize: root.size,
          VolumeType: root.volumeType,
          Encrypted: false,
        },
      },
    ],
  } satisfies Image;
}
