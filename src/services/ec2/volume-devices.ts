import { invalidParameterValue } from "./errors.ts";

/**
 * The name below `/mnt/ebs` of a volume that is attached as `/dev/sdf` or `xvdf`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html @throws AwsError for what names no device
 */
export function deviceOf(name: string): string {
  const device = /^(?:\/dev\/)?([a-z][a-z0-9]{0,30})$/.exec(name)?.[1];
  if (device === undefined) {
    throw invalidParameterValue(
      `Value (${name}) for parameter device is invalid. ${name} is not a valid EBS device name.`,
    );
  }
  return device;
}
