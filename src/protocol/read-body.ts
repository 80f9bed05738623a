import type { Readable } from "node:stream";
import { AwsError } from "../aws/aws-error.ts";
import { BodyTooLarge, readBody } from "../aws/read-body.ts";

/** The whole body of a request to a service whose inputs are small. @throws AwsError RequestEntityTooLarge */
export async function readPayload(body: Readable, limit: number): Promise<Buffer> {
  try {
    return await readBody(body, limit);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    throw new AwsError("RequestEntityTooLarge", "The request body is too large.", 413, { cause: error });
  }
}
