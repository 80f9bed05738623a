import { AwsError } from "../../aws/aws-error.ts";
import { SqlError } from "../../sql/sql-connection.ts";

// https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html#API_ExecuteStatement_Errors

export const badRequest = (message: string) => new AwsError("BadRequestException", message, 400);

export const httpEndpointNotEnabled = (arn: string) =>
  new AwsError("HttpEndpointNotEnabledException", `HttpEndpoint is not enabled for resource ${arn}.`, 400);

export const invalidResourceState = (message: string) => new AwsError("InvalidResourceStateException", message, 400);

export const databaseNotFound = () =>
  new AwsError("DatabaseNotFoundException", "The DB cluster doesn't have a DB instance.", 404);

export const databaseUnavailable = (cause?: unknown) =>
  new AwsError("DatabaseUnavailableException", "The writer instance in the DB cluster isn't available.", 504, {
    cause,
  });

export const secretsError = (message: string) => new AwsError("SecretsErrorException", message, 400);

export const invalidSecret = () =>
  new AwsError("InvalidSecretException", "The Secrets Manager secret used with the request isn't valid.", 400);

export const transactionNotFound = (id: string) =>
  new AwsError("TransactionNotFoundException", `Transaction ${id} is not found`, 404);

export const unsupportedResult = (message: string) => new AwsError("UnsupportedResultException", message, 400);

export const statementTimeout = (cause?: unknown) =>
  new AwsError("StatementTimeoutException", "Request timed out", 400, { cause });

/** The server is not there, or has ended while it was asked: class 08 of https://www.postgresql.org/docs/17/errcodes-appendix.html */
const unreachable = /^(?:ECONN\w+|EPIPE|08\w{3}|57P0[1-3]|PROTOCOL_CONNECTION_LOST|ER_SERVER_SHUTDOWN)$/;

/** Of MySQL: given up by its client, or by the server. */
const timedOut = /^(?:PROTOCOL_SEQUENCE_TIMEOUT|ER_QUERY_TIMEOUT)$/;

/** A refusal of the database's in the words of the Data API. */
export function toDataApiError(error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  const { code, number, message, position, detail, hint, severity = "ERROR" } = error;
  if (unreachable.test(code)) return databaseUnavailable(error);
  if (timedOut.test(code)) return statementTimeout(error);
  if (number !== undefined) {
    return new AwsError("DatabaseErrorException", `Database error code: ${number}. Message: ${message}`, 400, {
      cause: error,
    });
  }
  if (code === "57014" && message.includes("statement timeout")) return statementTimeout(error);
  if (message === "cannot insert multiple commands into a prepared statement") {
    return badRequest("Multistatements aren't supported.");
  }
  const parts = [
    `${severity}: ${message}`,
    ...(detail === undefined ? [] : [`Detail: ${detail}`]),
    ...(hint === undefined ? [] : [`Hint: ${hint}`]),
    ...(position === undefined ? [] : [`Position: ${position}`]),
    `SQLState: ${code}`,
  ];
  return new AwsError("DatabaseErrorException", parts.join("; "), 400, { cause: error });
}
