/**
 * The measure of `bench/s3.ts`: `node:http` that does the work of an object store with no S3 in it. No authentication, no
 * metadata. A PUT writes a temporary file while hashing its MD5 and renames it; a GET reads a small file at once and sends it, a
 * large one as a stream; a DELETE unlinks. Arguments: its folder. Prints its port.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const folder = process.argv[2] ?? "";
const small = 64 * 1024;
let count = 0;

function fileOf(url = ""): string {
  return join(folder, encodeURIComponent(url));
}

function get(url: string | undefined, res: ServerResponse): void {
  const path = fileOf(url);
  const fd = openSync(path, "r");
  const { size } = fstatSync(fd);
  res.setHeader("content-length", size);
  if (size > small) {
    createReadStream(path, { fd, highWaterMark: 1024 * 1024 }).pipe(res);
    return;
  }
  const bytes = Buffer.allocUnsafe(size);
  readSync(fd, bytes, 0, size, 0);
  closeSync(fd);
  res.end(bytes);
}

async function put(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const temporary = join(folder, `.${count++}`);
  const hash = createHash("md5");
  if (Number(req.headers["content-length"] ?? 0) <= small) {
    const chunks: Buffer[] = [];
    for await (const chunk of req) {
      hash.update(chunk);
      chunks.push(chunk);
    }
    writeFileSync(temporary, Buffer.concat(chunks));
  } else {
    const file = createWriteStream(temporary, { highWaterMark: 1024 * 1024 });
    for await (const chunk of req) {
      hash.update(chunk);
      if (!file.write(chunk)) await new Promise<void>((resolve) => file.once("drain", resolve));
    }
    await new Promise<void>((resolve) => file.end(resolve));
  }
  renameSync(temporary, fileOf(req.url));
  res.setHeader("etag", `"${hash.digest("hex")}"`);
  res.setHeader("content-length", 0);
  res.end();
}

const server = createServer((req, res) => {
  if (req.method === "GET") get(req.url, res);
  else if (req.method === "PUT") void put(req, res);
  else if (req.method === "HEAD") {
    res.setHeader("content-length", statSync(fileOf(req.url)).size);
    res.end();
  } else {
    unlinkSync(fileOf(req.url));
    res.statusCode = 204;
    res.end();
  }
});
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
