import type Docker from "dockerode";
import type { LocalImage } from "../machine-driver.ts";
import { unlessStatus } from "./engine.ts";
import { folderLabel } from "./labels.ts";

/** Marks an image that was saved from a machine, with the data folder that it belongs to. */
const savedLabel = "localaws.saved";

/** Commits a machine's container with the command of the image that it was made from, without what boots a machine. */
export async function saveContainer(
  docker: Docker,
  container: Docker.Container,
  { reference, folder }: { reference: string; folder: string },
): Promise<void> {
  const { Image } = await container.inspect();
  const { Config } = await docker.getImage(Image).inspect();
  const [repo, tag] = reference.split(":");
  const changes = [
    `ENTRYPOINT ${JSON.stringify([Config.Entrypoint ?? []].flat())}`,
    `CMD ${JSON.stringify(Config.Cmd ?? [])}`,
    `LABEL ${savedLabel}=${folder}`,
  ];
  await container.commit({ repo, tag, pause: true, changes: changes.join("\n") });
}

export async function removeSaved(docker: Docker, reference: string): Promise<void> {
  await unlessStatus(docker.getImage(reference).remove(), 404, 409);
}

export async function removeAllSaved(docker: Docker, folder: string): Promise<void> {
  const saved = await docker.listImages({ filters: { label: [`${savedLabel}=${folder}`] } });
  for (const { Id } of saved) await unlessStatus(docker.getImage(Id).remove({ force: true }), 404, 409);
}

/** Every image with a name, without those that were saved and their kin. */
export async function listLocalImages(docker: Docker): Promise<LocalImage[]> {
  const found = await docker.listImages();
  return found
    .filter(({ Labels }) => Labels?.[savedLabel] === undefined && Labels?.[folderLabel] === undefined)
    .flatMap(({ RepoTags, Created, Size }) =>
      (RepoTags ?? [])
        .filter((reference) => reference !== "<none>:<none>")
        .map((reference) => ({ reference, createdAt: new Date(Created * 1000), sizeBytes: Size })),
    );
}
