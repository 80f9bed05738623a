import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { buildImage, engineCommand, engineOutput } from "./engine-command.ts";

/** Bytes. */
const pieceSize = 32 * 1024;
/** Milliseconds. */
const pieceInterval = 100;

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface ImageRegistry {
  /** The reference of the one image that can be pulled from it: `alpine:latest` and a layer of 3 MB that no engine has. */
  readonly image: string;
  /** From here on, layers come by some 300 kB a second, until `speedUp`. */
  slowDown(): void;
  speedUp(): void;
  close(): Promise<void>;
}

/**
 * A registry on a free port of 127.0.0.1, where engines speak plain HTTP.
 * https://distribution.github.io/distribution/spec/api/
 */
export async function startRegistry(): Promise<ImageRegistry> {
  const { manifest, blobs } = await newImage();
  let slow = false;
  async function send(res: ServerResponse, { mediaType, digest, bytes }: Blob, head: boolean) {
    res.writeHead(200, { "content-type": mediaType, "docker-content-digest": digest, "content-length": bytes.length });
    for (let sent = 0; !head && sent < bytes.length && !res.destroyed; sent += pieceSize) {
      if (slow && mediaType.endsWith(".gzip")) await delay(pieceInterval);
      res.write(bytes.subarray(sent, sent + pieceSize));
    }
    res.end();
  }
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    const path = req.url ?? "";
    const blob = path.includes("/manifests/") ? manifest : blobs.find(({ digest }) => path.endsWith(digest));
    if (path === "/v2/") res.end("{}");
    else if (blob === undefined) res.writeHead(404).end();
    else void send(res, blob, req.method === "HEAD");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The registry has no address.");
  return {
    image: `127.0.0.1:${address.port}/localaws-test/pulled:latest`,
    slowDown: () => {
      slow = true;
    },
    speedUp: () => {
      slow = false;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An image as a registry has it, made from what the engine saves. */
async function newImage(): Promise<{ manifest: Blob; blobs: Blob[] }> {
  const folder = await mkdtemp(join(tmpdir(), "localaws-registry-"));
  const image = `localaws-test/registry-${createHash("sha1").update(folder).digest("hex")}:latest`;
  try {
    await buildImage(image, ["FROM alpine:latest", "RUN head -c 3000000 /dev/urandom >/random"]);
    await writeFile(join(folder, "image.tar"), await engineOutput(["save", image]));
    await promisify(execFile)("tar", ["-C", folder, "-xf", join(folder, "image.tar")]);
    const [saved] = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    const config = toBlob("application/vnd.docker.container.image.v1+json", await readFile(join(folder, saved.Config)));
    const layers: Blob[] = [];
    for (const path of saved.Layers) {
      const bytes = await promisify(gzip)(await readFile(join(folder, path)));
      layers.push(toBlob("application/vnd.docker.image.rootfs.diff.tar.gzip", bytes));
    }
    const describe = ({ mediaType, digest, bytes }: Blob) => ({ mediaType, digest, size: bytes.length });
    const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe(config),
      layers: layers.map(describe),
    });
    return { manifest: toBlob(manifestType, Buffer.from(manifest)), blobs: [config, ...layers] };
  } finally {
    await engineCommand(["rmi", image]).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

function toBlob(mediaType: string, bytes: Buffer): Blob {
  return { mediaType, bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}
