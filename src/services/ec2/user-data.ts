import { AwsError } from "../../aws/aws-error.ts";
import { invalidParameterValue } from "./errors.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: 16 KB before it is encoded. */
const maxBytes = 16_384;

/** The base64 text as it is kept; undefined when it is empty. @throws AwsError */
export function checkUserData(base64: string | undefined, malformedCode = "InvalidParameterValue"): string | undefined {
  if (base64 === undefined || base64 === "") return undefined;
  const text = base64.replace(/\s/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)) {
    throw new AwsError(malformedCode, "Invalid BASE64 encoding of user data.");
  }
  const bytes = Buffer.from(text, "base64");
  if (bytes.length > maxBytes) throw invalidParameterValue(`User data is limited to ${maxBytes} bytes`);
  return text;
}
