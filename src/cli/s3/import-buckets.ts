import { createReadStream } from "node:fs";
import { opendir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  BucketAlreadyOwnedByYou,
  type BucketLocationConstraint,
  CreateBucketCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { contentType } from "mime-types";
import { Failure } from "../failure.ts";
import { clientOf, type Moved, type Place, Transfer } from "./transfer.ts";

interface FoundFile extends Moved {
  readonly path: string;
}

/**
 * Each folder in the folder becomes the bucket of its name, each file below it the object of its path there. Objects of
 * other names stay. @throws Failure when the folder cannot be read, or anything in it could not be imported
 */
export async function importBuckets(place: Place, folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw new Failure(`The folder cannot be read: ${error.message}`);
  });
  const client = clientOf(place);
  const transfer = new Transfer();
  const buckets = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const entry of entries) {
    if (!entry.isDirectory()) transfer.failed(entry.name, "it is in no folder, so in no bucket.");
  }
  if (buckets.length === 0) throw new Failure(`There is no folder in ${folder}: each one there would be a bucket.`);
  for (const bucket of buckets.sort()) {
    try {
      await makeBucket(client, place, bucket);
    } catch (error) {
      transfer.failed(bucket, error);
      continue;
    }
    const upload = ({ path, key }: FoundFile) => uploadFile(client, bucket, key, path);
    await transfer.bucket(bucket, filesBelow(join(folder, bucket), transfer), upload);
  }
  client.destroy();
  transfer.end();
}

async function makeBucket(client: S3Client, { region }: Place, Bucket: string): Promise<void> {
  const CreateBucketConfiguration =
    region === "us-east-1" ? undefined : { LocationConstraint: region as BucketLocationConstraint };
  try {
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  }
}

/**
 * A file that a symbolic link leads to is one of them; a folder is not: it may lead back here. Folder by folder, since what Node's
 * own recursive `opendir` finds is not all: Node 20.20 ends each folder below the first with its 32nd entry.
 */
async function* filesBelow(folder: string, transfer: Transfer, prefix = ""): AsyncIterable<FoundFile> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    const key = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      try {
        yield* filesBelow(path, transfer, `${key}/`);
      } catch (error) {
        transfer.failed(path, error);
      }
      continue;
    }
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) yield { path, key, bytes: found.size };
    else transfer.failed(path, "it is no file, nor a link to one.");
  }
}

async function uploadFile(client: S3Client, Bucket: string, Key: string, path: string): Promise<void> {
  const ContentType = contentType(Key.slice(Key.lastIndexOf("/") + 1)) || undefined;
  await new Upload({ client, params: { Bucket, Key, Body: createReadStream(path), ContentType } }).done();
}
