import type Docker from "dockerode";
import { engineWords, unlessStatus } from "./engine.ts";
import { jsonLines } from "./json-lines.ts";

/** One line of https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageCreate */
interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

/** Milliseconds between two lines of progress. */
const reportInterval = 2000;

/**
 * Has the image on the engine, pulling it when it is missing. `progress` gets a line at the start and at the end, and
 * every two seconds how much of all layers is there.
 * @throws Error with the engine's words when it cannot be had; the signal's reason when that was aborted
 */
export async function pullMissingImage(
  docker: Docker,
  image: string,
  progress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  if ((await unlessStatus(docker.getImage(image).inspect(), 404)) !== undefined) return;
  signal?.throwIfAborted();
  progress(`Pulling ${image}`);
  try {
    const stream = await docker.pull(image, { ...(signal === undefined ? {} : { abortSignal: signal }) });
    await followPull(stream, image, progress);
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(engineWords(error), { cause: error });
  }
  progress(`Pulled ${image}`);
}

async function followPull(stream: NodeJS.ReadableStream, image: string, progress: (line: string) => void) {
  const layers = new Map<string, { current: number; total: number }>();
  let reported = performance.now();
  for await (const message of jsonLines<PullMessage>(stream)) {
    if (message.error !== undefined) throw new Error(message.error);
    const { id, status, progressDetail } = message;
    if (id !== undefined && status === "Downloading" && progressDetail?.total !== undefined) {
      layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
    } else if (id !== undefined && status === "Download complete") {
      const layer = layers.get(id);
      if (layer !== undefined) layer.current = layer.total;
    }
    if (layers.size > 0 && performance.now() - reported >= reportInterval) {
      reported = performance.now();
      progress(`Pulling ${image}: ${describe([...layers.values()])}`);
    }
  }
}

function describe(layers: readonly { current: number; total: number }[]): string {
  const megabytes = (of: "current" | "total") => layers.reduce((sum, layer) => sum + layer[of], 0) / 1e6;
  return `${megabytes("current").toFixed(0)} of ${megabytes("total").toFixed(0)} MB in ${layers.length} layers`;
}
