import type { ConnectionTrackingConfiguration, ConnectionTrackingSpecificationRequest } from "@aws-sdk/client-ec2";
import { invalidParameterValue } from "./errors.ts";

/** Seconds: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html */
const bounds = {
  TcpEstablishedTimeout: [60, 432_000],
  UdpStreamTimeout: [60, 180],
  UdpTimeout: [30, 60],
} as const satisfies Readonly<Record<keyof ConnectionTrackingConfiguration, readonly [number, number]>>;

/** How long idle connections of an interface are tracked. @throws AwsError InvalidParameterValue */
export function connectionTrackingOf(asked: ConnectionTrackingSpecificationRequest): ConnectionTrackingConfiguration {
  for (const [name, [least, most]] of Object.entries(bounds)) {
    const seconds = asked[name as keyof typeof bounds];
    if (seconds !== undefined && (seconds < least || seconds > most)) {
      throw invalidParameterValue(`Invalid value '${seconds}' for ${name}. It must be between ${least} and ${most}.`);
    }
  }
  return { ...asked };
}
