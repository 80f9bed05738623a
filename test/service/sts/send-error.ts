import { STSServiceException } from "@aws-sdk/client-sts";

/** What a call is refused with. */
export async function sendError(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof STSServiceException)) throw error;
    return { name: error.name, status: error.$metadata.httpStatusCode, message: error.message };
  }
  throw new Error("The call was expected to be refused.");
}
