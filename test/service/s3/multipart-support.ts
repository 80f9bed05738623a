import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandInput,
} from "@aws-sdk/client-s3";
import { type ChecksumName, createChecksum } from "../../../src/aws/checksum.ts";

export const mebibyte = 1024 * 1024;

/** Steps of uploads to a bucket, which may come to be after this. */
export function multipartSteps(target: () => { s3: S3Client; Bucket: string }) {
  const begin = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) => {
    const { s3, Bucket } = target();
    return (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? "";
  };
  const upload = async (
    Key: string,
    UploadId: string,
    PartNumber: number,
    Body: Buffer | string,
    more: Partial<UploadPartCommandInput> = {},
  ) => {
    const { s3, Bucket } = target();
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }));
    return { PartNumber, ETag };
  };
  const complete = (
    Key: string,
    UploadId: string,
    Parts: { PartNumber: number; ETag?: string | undefined }[],
    more: Partial<CompleteMultipartUploadCommandInput> = {},
  ) => {
    const { s3, Bucket } = target();
    return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
  };
  const read = async (Key: string, more: object = {}) => {
    const { s3, Bucket } = target();
    const output = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return { ...output, bytes: Buffer.from((await output.Body?.transformToByteArray()) ?? []) };
  };
  return { begin, upload, complete, read };
}

export const bytes = (length: number, seed: string) => Buffer.alloc(length, createHash("sha512").update(seed).digest());
export const digest = (name: ChecksumName, data: Buffer) => {
  const checksum = createChecksum(name);
  checksum.update(data);
  return checksum.digest();
};
