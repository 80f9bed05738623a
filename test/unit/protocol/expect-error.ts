import { expect } from "chai";
import { AwsError } from "../../../src/aws/aws-error.ts";

/** Expects the service's own error, and nothing else: what is no AwsError would be answered with a 500. */
export async function expectError(
  result: Promise<unknown>,
  code: string,
  status: number,
  message = /./,
): Promise<void> {
  const error: unknown = await result.then(
    (value) => new Error(`It was accepted: ${JSON.stringify(value).slice(0, 500)}`),
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(AwsError);
  expect(error).to.include({ code, status });
  expect(error).to.have.property("message").that.matches(message);
}
