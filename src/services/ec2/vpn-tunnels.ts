import type { TunnelOption, VpnTunnelOptionsSpecification } from "@aws-sdk/client-ec2";

export const tunnelCount = 2;

/** A tunnel with what is asked for and, where nothing is, what AWS chooses. */
export function newTunnel(
  asked: VpnTunnelOptionsSpecification,
  made: { OutsideIpAddress: string; key: string; id: string; index: number },
): TunnelOption {
  // Each tunnel has a block of four link-local addresses: 169.254.6.0 and above are nobody else's.
  const offset = (Number.parseInt(made.id.slice(-4), 16) * tunnelCount + made.index) % 16000;
  const third = 6 + Math.floor(offset / 64);
  return {
    OutsideIpAddress: made.OutsideIpAddress,
    TunnelInsideCidr: `169.254.${third % 240}.${(offset % 64) * 4}/30`,
    PreSharedKey: made.key,
    EnableTunnelLifecycleControl: false,
    LogOptions: { CloudWatchLogOptions: { LogEnabled: false, BgpLogEnabled: false } },
    ...toTunnelOptions(asked),
  };
}

/** What is asked for of a tunnel, as descriptions name it: empty texts, zeros and empty lists ask for nothing. */
export function toTunnelOptions(asked: VpnTunnelOptionsSpecification): TunnelOption {
  const { DPDTimeoutSeconds, DPDTimeoutAction, IKEVersions, LogOptions, ...same } = asked;
  const options: TunnelOption = {
    ...same,
    DpdTimeoutSeconds: DPDTimeoutSeconds,
    DpdTimeoutAction: DPDTimeoutAction,
    IkeVersions: IKEVersions,
    ...(LogOptions?.CloudWatchLogOptions === undefined
      ? {}
      : { LogOptions: { CloudWatchLogOptions: { LogEnabled: false, ...LogOptions.CloudWatchLogOptions } } }),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => isAsked(value)));
}

function isAsked(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== "" && value !== 0;
}
