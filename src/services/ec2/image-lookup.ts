import { createHash } from "node:crypto";
import type { Image } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { imageOfParameter } from "../../aws/image-parameters.ts";
import { isResourceId } from "../../aws/resource-id.ts";
import type { ServiceContext } from "../service-context.ts";
import { readAllowedImages } from "./allowed-images.ts";
import { checkNotDeregistered } from "./deregistered-images.ts";
import { invalidAmiIdNotFound, invalidParameterValue, malformed } from "./errors.ts";
import { catalogue, dockerImageAsAmi } from "./image-catalogue.ts";
import { findResource, listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { sharedWith } from "./shared-resources.ts";
import { images, type StoredImage, sharedImages } from "./stored-images.ts";

/** An image and the Docker image that machines are made from. */
export interface LaunchableImage {
  readonly image: Image;
  readonly dockerImage: string;
}

const parameterPrefix = "resolve:ssm:";

/** Where images are looked for. A `Context` is one. */
type ImageScope = Scope & Pick<ServiceContext, "machines" | "config">;

/** What an ImageId stands for. @throws AwsError `InvalidAMIID.NotFound` or `InvalidAMIID.Malformed` */
export async function getImage(ctx: ImageScope, imageId: string, hint?: string): Promise<LaunchableImage> {
  const found = await findImage(ctx, imageId);
  if (found !== undefined) return found;
  await checkNotDeregistered(ctx, imageId);
  throw invalidAmiIdNotFound([imageId], hint);
}

/** Like `getImage`, for a launch: the error says how other AMI ids can be run too. */
export async function getImageToLaunch(ctx: ImageScope, imageId: string): Promise<LaunchableImage> {
  return getImage(
    ctx,
    imageId,
    ". LocalAWS knows the images that DescribeImages lists and Docker images by their names; set LOCALAWS_EC2_UNKNOWN_AMI to an image, such as alpine:latest, to have every other AMI id run that one.",
  );
}

/**
 * The ImageId of a launch, which may name a public parameter of Systems Manager: `resolve:ssm:NAME[:VERSION]`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html
 * @throws AwsError `InvalidParameterValue` for a parameter that is not there
 */
export function resolveImageId(imageId: string): string {
  if (!imageId.startsWith(parameterPrefix)) return imageId;
  const found = imageOfParameter(imageId.slice(parameterPrefix.length));
  if (found !== undefined) return found;
  throw invalidParameterValue(
    `Value (${imageId}) for parameter imageId is invalid. LocalAWS knows the public parameters of the AMIs that DescribeImages lists.`,
  );
}

/** Every image that the account sees: the catalogue's, its own, those that others share with it, and the engine's local images. */
export async function listImages(ctx: ImageScope): Promise<Image[]> {
  const [own, shared, local] = await Promise.all([
    listResources(ctx, images),
    sharedWith(ctx, sharedImages),
    localImages(ctx),
  ]);
  return [...catalogue.map(({ image }) => ({ ...image })), ...own, ...shared, ...local.map(({ image }) => image)];
}

/**
 * An AMI of the catalogue, of the account's own or shared with it, a Docker image by its reference or its AMI id, or the image that the
 * configuration gives to every other AMI id; none that the account does not allow itself.
 * @throws AwsError `InvalidAMIID.Malformed` for what can be none of these
 */
export async function findImage(
  ctx: ImageScope,
  imageId: string,
  which: "all" | "allowed" = "allowed",
): Promise<LaunchableImage | undefined> {
  const found = await findAnyImage(ctx, imageId);
  if (found === undefined || which === "all") return found;
  const allowed = await readAllowedImages(ctx);
  return allowed.isEnforced && !allowed.allows(found.image) ? undefined : found;
}

async function findAnyImage(ctx: ImageScope, imageId: string): Promise<LaunchableImage | undefined> {
  if (isResourceId("ami", imageId) && !/^ami-0{17}$/.test(imageId)) {
    const known = catalogue.find(({ image }) => image.ImageId === imageId);
    if (known !== undefined) return { image: { ...known.image }, dockerImage: known.dockerImage };
    const own = await findResource(ctx, images, imageId);
    if (own !== undefined) return { image: own, dockerImage: own.DockerImage };
    const [shared] = await sharedWith(ctx, sharedImages, [imageId]);
    if (shared !== undefined) return { image: shared, dockerImage: shared.DockerImage };
    const local = (await localImages(ctx)).find(({ image }) => image.ImageId === imageId);
    if (local !== undefined) return local;
    const substitute = ctx.config.unknownAmi;
    if (substitute === undefined) return undefined;
    return { image: dockerImageAsAmi(imageId, substitute, ctx), dockerImage: substitute };
  }
  if (imageId.startsWith("ami-") || !isDockerReference(imageId) || !mayBeImage(ctx, imageId)) {
    throw malformed("InvalidAMIID.Malformed", imageId, "ami");
  }
  return { image: dockerImageAsAmi(imageId, imageId, ctx), dockerImage: imageId };
}

/** An image of the account's own, to be changed. @throws AwsError also for those of others */
export async function getOwnImage(ctx: ImageScope, imageId: string): Promise<StoredImage> {
  const { image } = await getImage(ctx, imageId);
  const own = isResourceId("ami", imageId) ? await findResource(ctx, images, imageId) : undefined;
  if (own !== undefined) return own;
  throw notYours(image.ImageId ?? imageId);
}

function notYours(imageId: string) {
  return new AwsError("AuthFailure", `Not authorized for image:${imageId}`);
}

/** The engine's images as AMIs of the account: their ids are made of their names. */
async function localImages(ctx: ImageScope): Promise<LaunchableImage[]> {
  const found = await ctx.machines.localImages();
  return found.map(({ reference, createdAt }) => {
    const id = `ami-${createHash("sha256").update(reference).digest("hex").slice(0, 17)}`;
    const image = { ...dockerImageAsAmi(id, reference, ctx), CreationDate: createdAt.toISOString() };
    return { image, dockerImage: reference };
  });
}

/** Where no engine can tell, a word without a tag or a registry is an AMI id that is mistyped, but for the catalogue's own images. */
function mayBeImage(ctx: ImageScope, reference: string): boolean {
  if (ctx.machines.kind !== "records" || /[:/@]/.test(reference)) return true;
  return catalogue.some(({ dockerImage }) => dockerImage.startsWith(`${reference}:`));
}

/** https://github.com/distribution/reference/blob/main/reference.go: `[registry[:port]/]path[:tag][@digest]` */
function isDockerReference(text: string): boolean {
  const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  const registry = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d+)?/)?";
  const suffix = "(?::[\\w][\\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?";
  return text.length <= 512 && new RegExp(`^${registry}${part}(?:/${part})*${suffix}$`).test(text);
}
