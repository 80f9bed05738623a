import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TunnelOption, VpnConnection, VpnConnectionDeviceType } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { getAlive } from "./changes.ts";
import { customerGateways } from "./customer-gateways.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { findResource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { vpnConnections } from "./vpn-connections.ts";
import { type Device, deviceConfiguration } from "./vpn-device-configuration.ts";

const devices: readonly (VpnConnectionDeviceType & { VpnConnectionDeviceTypeId: string; kind: Device })[] = [
  {
    ...{ VpnConnectionDeviceTypeId: "9005b6c1", Vendor: "Generic", Platform: "Generic", Software: "Vendor Agnostic" },
    kind: "generic",
  },
  {
    ...{ VpnConnectionDeviceTypeId: "c2c9bf8c", Vendor: "Strongswan", Platform: "Ubuntu 16.04" },
    ...{ Software: "Strongswan 5.5.1+", kind: "strongswan" },
  },
];

/** https://docs.aws.amazon.com/vpn/latest/s2svpn/your-cgw.html, and what is told of the tunnels of a connection. */
export const vpnDeviceOperations = {
  GetVpnConnectionDeviceTypes(_ctx, input) {
    const page = describeData(devices, input, {
      ...{ kind: "vpn-devices", keyOf: (one) => one.VpnConnectionDeviceTypeId, limits: { min: 200, max: 1000 } },
    });
    const VpnConnectionDeviceTypes = page.items.map(({ kind: _, ...shown }) => shown);
    return { VpnConnectionDeviceTypes, NextToken: page.nextToken };
  },

  async GetVpnConnectionDeviceSampleConfiguration(ctx, input) {
    const id = required(input.VpnConnectionDeviceTypeId, "VpnConnectionDeviceTypeId");
    const connection = await getConnection(ctx, input.VpnConnectionId);
    checkOneOf("InternetKeyExchangeVersion", input.InternetKeyExchangeVersion, ["ikev1", "ikev2"]);
    const device = devices.find((one) => one.VpnConnectionDeviceTypeId === id);
    if (device === undefined) throw invalidParameterValue(`Invalid value '${id}' for VpnConnectionDeviceTypeId.`);
    if (input.DryRun === true) throw dryRunOperation();
    const customer = await findResource(ctx, customerGateways, connection.CustomerGatewayId ?? "");
    const VpnConnectionDeviceSampleConfiguration = deviceConfiguration(device.kind, {
      ...{ connection, customer, ike: input.InternetKeyExchangeVersion ?? "ikev1" },
    });
    return { VpnConnectionDeviceSampleConfiguration };
  },

  /** No tunnel is ever up: nothing has been agreed on. */
  async GetActiveVpnTunnelStatus(ctx, input) {
    const { address } = await findTunnel(ctx, input);
    if (input.DryRun === true) throw dryRunOperation();
    return {
      ActiveVpnTunnelStatus: {
        ...{ ProvisioningStatus: "available", ProvisioningStatusReason: `The tunnel ${address} is down.` },
      },
    };
  },

  async GetVpnTunnelReplacementStatus(ctx, input) {
    const { connection, address } = await findTunnel(ctx, input);
    if (input.DryRun === true) throw dryRunOperation();
    const { VpnConnectionId, TransitGatewayId, CustomerGatewayId, VpnGatewayId } = connection;
    return {
      ...{ VpnConnectionId, TransitGatewayId, CustomerGatewayId, VpnGatewayId, VpnTunnelOutsideIpAddress: address },
      MaintenanceDetails: { PendingMaintenance: "None" },
    };
  },

  /** A replaced endpoint has the addresses and keys of the one before. */
  async ReplaceVpnTunnel(ctx, input) {
    const { tunnel, address } = await findTunnel(ctx, input);
    if (tunnel.EnableTunnelLifecycleControl !== true) {
      throw invalidParameterValue(`Tunnel endpoint lifecycle control is not enabled for the tunnel ${address}.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    return { Return: true };
  },
} satisfies Operations<typeof Ec2, Context>;

function getConnection(scope: Scope, id: string | undefined): Promise<VpnConnection> {
  return getAlive(scope, vpnConnections, required(id, "VpnConnectionId"));
}

async function findTunnel(
  scope: Scope,
  input: { VpnConnectionId?: string | undefined; VpnTunnelOutsideIpAddress?: string | undefined },
): Promise<{ connection: VpnConnection; tunnel: TunnelOption; address: string }> {
  const address = required(input.VpnTunnelOutsideIpAddress, "VpnTunnelOutsideIpAddress");
  const connection = await getConnection(scope, input.VpnConnectionId);
  const tunnel = connection.Options?.TunnelOptions?.find((one) => one.OutsideIpAddress === address);
  if (tunnel !== undefined) return { connection, tunnel, address };
  throw invalidParameterValue(`${connection.VpnConnectionId} has no tunnel with the outside IP address ${address}.`);
}
