import type { Volume, VolumeType } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { CallOperation } from "../call-operation.ts";
import { type Route, route } from "./route.ts";
import { dateTime, fromTags, isoTime, named, nextToken, pageQuery, tagSpecifications, tagsSchema } from "./schemas.ts";

const attachment = named(
  "VolumeAttachment",
  z.strictObject({
    instance_id: z.string(),
    device: z.string(),
    state: z.string().describe("`attaching`, `attached`, `detaching`, `busy`"),
    delete_on_termination: z.boolean(),
  }),
);

const volume = named(
  "Volume",
  z.strictObject({
    id: z.string(),
    name: z.string().nullable().describe("The tag `Name`."),
    state: z.string().describe("`creating`, `available`, `in-use`, `deleting`"),
    size: z.int().describe("GiB."),
    type: z.string(),
    iops: z.int().nullable(),
    encrypted: z.boolean(),
    availability_zone: z.string(),
    snapshot_id: z.string().nullable().describe("The snapshot that it was made of."),
    creation_date: dateTime.nullable(),
    attachments: z.array(attachment),
    tags: tagsSchema,
  }),
);

const newVolume = named(
  "NewVolume",
  z.strictObject({
    size: z.int().min(1).optional().describe("GiB; that of the snapshot, where none is given."),
    availability_zone: z
      .string()
      .optional()
      .describe("The zone of the instance that it is for; the region's first, where none is given."),
    type: z.string().default("gp3"),
    snapshot_id: z.string().optional(),
    encrypted: z.boolean().optional(),
    name: z.string().max(256).optional().describe("Becomes the tag `Name`."),
    tags: tagsSchema.optional(),
  }),
);

const newAttachment = named(
  "NewVolumeAttachment",
  z.strictObject({
    instance_id: z.string(),
    device: z
      .string()
      .default("/dev/sdf")
      .meta({ examples: ["/dev/sdf"] }),
  }),
);

const volumeList = named("VolumeList", z.strictObject({ volumes: z.array(volume), next_token: nextToken }));

export const volumeRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/ec2/volumes", tag: "ec2" },
      summary: "List EBS volumes",
      query: pageQuery(5, 500),
      reply: volumeList,
      errors: [400],
    },
    async ({ query, call }) => {
      const page = { MaxResults: query.limit, NextToken: query.next_token };
      const { Volumes = [], NextToken } = await call("ec2", "DescribeVolumes", page);
      return { volumes: Volumes.map(toVolume), next_token: NextToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/volumes", tag: "ec2", status: 201 },
      summary: "Create an EBS volume",
      body: newVolume,
      reply: volume,
      errors: [400, 404],
    },
    async ({ body, call, region }) =>
      toVolume(
        await call("ec2", "CreateVolume", {
          AvailabilityZone: body.availability_zone ?? `${region}a`,
          Size: body.size,
          // The operation refuses what is no volume type.
          VolumeType: body.type as VolumeType,
          SnapshotId: body.snapshot_id,
          Encrypted: body.encrypted,
          ...tagSpecifications("volume", body),
        }),
      ),
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/volumes/{id}/attach", tag: "ec2" },
      summary: "Attach a volume to an instance of its zone",
      body: newAttachment,
      reply: volume,
      errors: [400, 404, 409],
    },
    async ({ params, body, call }) => {
      const where = { InstanceId: body.instance_id, Device: body.device };
      await call("ec2", "AttachVolume", { VolumeId: params.id, ...where });
      return describe(call, params.id);
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/volumes/{id}/detach", tag: "ec2" },
      summary: "Detach a volume from its instance",
      reply: volume,
      errors: [400, 404, 409],
    },
    async ({ params, call }) => {
      await call("ec2", "DetachVolume", { VolumeId: params.id });
      return describe(call, params.id);
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/volumes/{id}", tag: "ec2" },
      summary: "Delete a volume that is attached to nothing",
      errors: [400, 404, 409],
    },
    async ({ params, call }) => {
      await call("ec2", "DeleteVolume", { VolumeId: params.id });
    },
  ),
];

async function describe(call: CallOperation, id: string): Promise<z.input<typeof volume>> {
  const { Volumes: [found] = [] } = await call("ec2", "DescribeVolumes", { VolumeIds: [id] });
  if (found === undefined) throw new AwsError("InvalidVolume.NotFound", `The volume '${id}' does not exist.`, 400);
  return toVolume(found);
}

function toVolume(found: Volume): z.input<typeof volume> {
  const tags = fromTags(found.Tags);
  return {
    id: found.VolumeId ?? "",
    name: tags.Name ?? null,
    state: found.State ?? "creating",
    size: found.Size ?? 0,
    type: found.VolumeType ?? "",
    iops: found.Iops ?? null,
    encrypted: found.Encrypted ?? false,
    availability_zone: found.AvailabilityZone ?? "",
    snapshot_id: found.SnapshotId || null,
    creation_date: isoTime(found.CreateTime),
    attachments: (found.Attachments ?? []).map((attached) => ({
      instance_id: attached.InstanceId ?? "",
      device: attached.Device ?? "",
      state: attached.State ?? "",
      delete_on_termination: attached.DeleteOnTermination ?? false,
    })),
    tags,
  };
}
