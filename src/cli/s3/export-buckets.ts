import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, paginateListBuckets, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { clientOf, type Moved, type Place, Transfer } from "./transfer.ts";

/**
 * Each object becomes the file of its bucket and key; a file of that name is replaced, others stay.
 * @throws Failure when any object could not be exported, such as one whose key is no file name
 */
export async function exportBuckets(place: Place, folder: string, named: readonly string[]): Promise<void> {
  const client = clientOf(place);
  const transfer = new Transfer();
  for (const bucket of named.length > 0 ? named : await allBuckets(client)) {
    const download = ({ key }: Moved) => downloadFile(client, bucket, key, join(folder, bucket));
    await transfer.bucket(bucket, objectsIn(client, bucket), download);
  }
  client.destroy();
  transfer.end();
}

async function allBuckets(client: S3Client): Promise<string[]> {
  const names: string[] = [];
  for await (const { Buckets = [] } of paginateListBuckets({ client }, {})) {
    names.push(...Buckets.map(({ Name = "" }) => Name));
  }
  return names;
}

async function* objectsIn(client: S3Client, Bucket: string): AsyncIterable<Moved> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key = "", Size = 0 } of Contents) yield { key: Key, bytes: Size };
  }
}

async function downloadFile(client: S3Client, Bucket: string, Key: string, folder: string): Promise<void> {
  const path = join(folder, ...fileNames(Key));
  if (Key.endsWith("/")) {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const { Body, LastModified } = await client.send(new GetObjectCommand({ Bucket, Key }));
  if (!(Body instanceof Readable)) throw new Error("The answer has no body.");
  // What is half written has a name of its own: a file of the key's name is always whole.
  const unfinished = join(dirname(path), `.localaws-${randomUUID()}`);
  try {
    await pipeline(Body, createWriteStream(unfinished, { flags: "wx" }));
    if (LastModified !== undefined) await utimes(unfinished, LastModified, LastModified);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** A key that ends with `/` is a folder. @throws Error for a key that would be another file than the one of its name */
function fileNames(key: string): string[] {
  const names = key.split("/");
  if (names.length > 1 && names.at(-1) === "") names.pop();
  const no = names.find((name) => name === "" || name === "." || name === ".." || unfit.test(name));
  if (no !== undefined) throw new Error(`its key is no file name: "${no}" cannot be a part of one.`);
  return names;
}

const unfit = process.platform === "win32" ? /[\\:*?"<>|\p{Cc}]|[. ]$/u : /\0/;
