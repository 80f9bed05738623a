import { invalidParameterValue } from "./errors.ts";

/** `/dev/sda1`, `/dev/sdf`, `/dev/xvdba`; the folder may be left out. */
const devicePattern = /^(?:\/dev\/)?((?:sd[a-z]|xvd[a-z]{1,2})[0-9]{0,2})$/;

/**
 * The name below `/mnt/ebs` of a volume that is attached as `/dev/sdf` or `xvdf`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html @throws AwsError for what names no device
 */
export function deviceOf(name: string): string {
  const device = devicePattern.exec(name)?.[1];
  if (device === undefined) {
    throw invalidParameterValue(
      `Value (${name}) for parameter device is invalid. ${name} is not a valid EBS device name.`,
    );
  }
  return device;
}

/** Whether a block device mapping may name a volume so. */
export function isDeviceName(name: string): boolean {
  return devicePattern.test(name);
}
