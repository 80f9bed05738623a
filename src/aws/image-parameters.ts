/** A public parameter of Systems Manager that names an AMI of EC2's catalogue. */
export interface ImageParameter {
  readonly name: string;
  readonly imageId: string;
  /** When the image was made, and the parameter last changed. */
  readonly changed: Date;
}

interface Images {
  readonly x86: string;
  readonly arm: string;
  /** The day on which both were made. */
  readonly created: string;
  /** For x86. */
  readonly names: readonly string[];
}

const amazonLinux = "/aws/service/ami-amazon-linux-latest/";
const debian = "/aws/service/debian/release/";

const ubuntu = (release: string, volume: string) =>
  `/aws/service/canonical/ubuntu/server/${release}/stable/current/amd64/hvm/${volume}/ami-id`;

/**
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html,
 * https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/, https://wiki.debian.org/Cloud/AmazonEC2Image
 */
const published: readonly Images[] = [
  {
    ...{ x86: "ami-01d690ec5097a49e9", arm: "ami-0fcfe87e6bc50cd98", created: "2025-10-14" },
    names: [`${amazonLinux}al2023-ami-kernel-default-x86_64`, `${amazonLinux}al2023-ami-kernel-6.1-x86_64`],
  },
  {
    ...{ x86: "ami-0607e682b39545e3c", arm: "ami-0e884623cf4fa38a3", created: "2025-10-14" },
    names: [`${amazonLinux}amzn2-ami-hvm-x86_64-gp2`],
  },
  {
    ...{ x86: "ami-02dc33c968b780716", arm: "ami-0def4f350898d7601", created: "2025-10-14" },
    names: [`${amazonLinux}amzn2-ami-kernel-5.10-hvm-x86_64-gp2`],
  },
  {
    ...{ x86: "ami-0088f99f155a5675c", arm: "ami-09048a254f8f0bd8a", created: "2025-10-13" },
    names: [
      `${amazonLinux}al2023-ami-minimal-kernel-default-x86_64`,
      `${amazonLinux}al2023-ami-minimal-kernel-6.1-x86_64`,
    ],
  },
  {
    ...{ x86: "ami-0b537794fce26e8ec", arm: "ami-0afb3b4db4d7d0759", created: "2025-10-13" },
    names: [`${amazonLinux}amzn2-ami-minimal-hvm-x86_64-ebs`],
  },
  {
    ...{ x86: "ami-0c9f63e89437abf60", arm: "ami-0198541b0022d9ff9", created: "2025-06-24" },
    names: [ubuntu("20.04", "ebs-gp2"), ubuntu("focal", "ebs-gp2")],
  },
  {
    ...{ x86: "ami-001d580ea49604542", arm: "ami-059cd17b14e79df9c", created: "2025-10-15" },
    names: [ubuntu("22.04", "ebs-gp2"), ubuntu("jammy", "ebs-gp2")],
  },
  {
    ...{ x86: "ami-0a7730ecfc5627c27", arm: "ami-05699b64ad47040d5", created: "2025-10-22" },
    names: [ubuntu("24.04", "ebs-gp3"), ubuntu("noble", "ebs-gp3")],
  },
  {
    ...{ x86: "ami-0736cd5455bdf558a", arm: "ami-07d7c60a0d2acd70a", created: "2025-10-06" },
    names: [`${debian}12/latest/amd64`, `${debian}bookworm/latest/amd64`],
  },
  {
    ...{ x86: "ami-01f86353c16c8a4a8", arm: "ami-05e9761fa207712c9", created: "2025-10-06" },
    names: [`${debian}13/latest/amd64`, `${debian}trixie/latest/amd64`],
  },
];

/** In the order of their names. */
export const imageParameters: readonly ImageParameter[] = published
  .flatMap(({ x86, arm, created, names }) => {
    const changed = new Date(created);
    return names.flatMap((name) => [
      { name, imageId: x86, changed },
      { name: name.replace(/x86_64|amd64/, "arm64"), imageId: arm, changed },
    ]);
  })
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The AMI that a public parameter names: `NAME`, or `NAME:1`, since there are no other versions. */
export function imageOfParameter(reference: string): string | undefined {
  const name = reference.replace(/:1$/, "");
  return imageParameters.find((parameter) => parameter.name === name)?.imageId;
}
