import { RDSServiceException } from "@aws-sdk/client-rds";

/** The service's error that a request is answered with. */
export async function rejectionOf(
  request: Promise<unknown>,
): Promise<{ name: string; message: string; status: number | undefined }> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof RDSServiceException)) throw error;
    return { name: error.name, message: error.message, status: error.$metadata.httpStatusCode };
  }
  throw new Error("The request was answered without an error.");
}

/** Its name and HTTP status alone: `DBInstanceNotFound 404`. */
export async function refused(request: Promise<unknown>): Promise<string> {
  const { name, status } = await rejectionOf(request);
  return `${name} ${status}`;
}

/** With what it says: `DBInstanceNotFound 404: DBInstance db-1 not found.` */
export async function refusal(request: Promise<unknown>): Promise<string> {
  const { name, status, message } = await rejectionOf(request);
  return `${name} ${status}: ${message}`;
}
