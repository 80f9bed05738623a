import type { ServiceContext } from "../service-context.ts";
import { instances } from "./instances.ts";
import { findResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import type { StoredVolume } from "./volumes.ts";

const savedPrefix = "localaws/saved:";

/**
 * Keeps the disk of the machine that a volume is the root of, as an image that machines can be made from. Undefined for
 * other volumes. Where nothing runs, it is the image that the machine was made from.
 */
export async function saveRoot(
  ctx: ServiceContext & Scope,
  volume: StoredVolume,
  name: string,
): Promise<string | undefined> {
  const [attachment] = volume.Attachments ?? [];
  if (attachment?.InstanceId === undefined) return undefined;
  const instance = await findResource(ctx, instances, attachment.InstanceId);
  if (instance === undefined || instance.RootDeviceName !== attachment.Device) return undefined;
  if ((await ctx.machines.get(attachment.InstanceId)) === undefined || ctx.machines.kind === "records") {
    return instance.DockerImage;
  }
  const reference = `${savedPrefix}${name}`;
  await ctx.machines.saveImage(attachment.InstanceId, reference);
  return reference;
}

/** Drops a saved disk that no snapshot and no image, stored or not, needs any more. */
export async function dropSavedImage(ctx: ServiceContext, reference: string | undefined): Promise<void> {
  if (reference?.startsWith(savedPrefix) !== true) return;
  for (const table of ["ec2_snapshots", "ec2_images", "ec2_store_image_tasks"] as const) {
    const user = await ctx.db.selectFrom(table).select("id").where("data", "like", `%${reference}%`).executeTakeFirst();
    if (user !== undefined) return;
  }
  await ctx.machines.removeImage(reference);
}
