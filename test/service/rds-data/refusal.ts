import { RDSDataServiceException } from "@aws-sdk/client-rds-data";

/** The name, the HTTP status and the message of the error that a call ends with. @throws Error where it ends with none */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RDSDataServiceException)) throw new Error(`No error of the service: ${error}`);
  return `${error.name} ${error.$metadata.httpStatusCode} ${error.message}`;
}
