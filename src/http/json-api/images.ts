import { z } from "zod";
import { type Route, route } from "./route.ts";
import { named, nextToken, pageQuery } from "./schemas.ts";

const image = named(
  "Image",
  z.strictObject({
    id: z.string().describe("For `ami` of a new instance."),
    name: z.string(),
    description: z.string().nullable(),
    architecture: z.string().nullable(),
    owner: z.string().nullable(),
    creation_date: z.string().nullable(),
    root_device_name: z.string().nullable(),
  }),
);

const imageList = named("ImageList", z.strictObject({ images: z.array(image), next_token: nextToken }));

const instanceType = named(
  "InstanceType",
  z.strictObject({
    name: z.string(),
    vcpus: z.number(),
    memory_mib: z.number(),
    architectures: z.array(z.string()),
    free_tier_eligible: z.boolean(),
  }),
);

const instanceTypeList = named(
  "InstanceTypeList",
  z.strictObject({ instance_types: z.array(instanceType), next_token: nextToken }),
);

export const imageRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/ec2/images", tag: "ec2" },
      summary: "List the images that instances can be made from",
      query: pageQuery(5, 1000),
      reply: imageList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { Images = [], NextToken } = await call("ec2", "DescribeImages", {
        MaxResults: query.limit,
        NextToken: query.next_token,
      });
      const images = Images.map((found) => ({
        id: found.ImageId ?? "",
        name: found.Name ?? "",
        description: found.Description ?? null,
        architecture: found.Architecture ?? null,
        owner: found.ImageOwnerAlias ?? found.OwnerId ?? null,
        creation_date: found.CreationDate ?? null,
        root_device_name: found.RootDeviceName ?? null,
      }));
      return { images, next_token: NextToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/ec2/instance-types", tag: "ec2" },
      summary: "List the instance types",
      query: pageQuery(5, 100),
      reply: instanceTypeList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { InstanceTypes = [], NextToken } = await call("ec2", "DescribeInstanceTypes", {
        MaxResults: query.limit,
        NextToken: query.next_token,
      });
      const types = InstanceTypes.map((found) => ({
        name: found.InstanceType ?? "",
        vcpus: found.VCpuInfo?.DefaultVCpus ?? 0,
        memory_mib: found.MemoryInfo?.SizeInMiB ?? 0,
        architectures: found.ProcessorInfo?.SupportedArchitectures ?? [],
        free_tier_eligible: found.FreeTierEligible ?? false,
      }));
      return { instance_types: types, next_token: NextToken ?? null };
    },
  ),
];
