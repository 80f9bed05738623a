import { randomBytes } from "node:crypto";

/** Stands for the machine that answered, S3's `x-amz-id-2`: one for the life of the process. */
export const hostId = randomBytes(48).toString("base64");
