import { connectEngine, engineStatus } from "../../src/runtime/docker/engine.ts";

/**
 * For the body of a suite on Docker: `image` is there while its tests run. Where the engine has none, it is another name
 * of `standIn`, so that nothing has to be pulled.
 */
export function withStandInImage(image: string, standIn: string): void {
  let isStandIn = false;
  before(async () => {
    const { docker } = await connectEngine(5000);
    const missing = await docker
      .getImage(image)
      .inspect()
      .then(
        () => false,
        (error) => engineStatus(error) === 404,
      );
    if (!missing) return;
    const [repo = image, tag = "latest"] = image.split(":");
    await docker.getImage(standIn).tag({ repo, tag });
    isStandIn = true;
  });
  after(async () => {
    if (!isStandIn) return;
    const { docker } = await connectEngine(5000);
    await docker.getImage(image).remove();
  });
}
