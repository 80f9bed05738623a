import {
  CreateCustomerGatewayCommand,
  CreateVpnConnectionCommand,
  CreateVpnGatewayCommand,
  GetActiveVpnTunnelStatusCommand,
  GetVpnConnectionDeviceSampleConfigurationCommand,
  GetVpnConnectionDeviceTypesCommand,
  GetVpnTunnelReplacementStatusCommand,
  ReplaceVpnTunnelCommand,
  type VpnConnection,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf } from "./network-support.ts";

describe("ec2 devices of VPN connections", () => {
  let aws: TestServer;
  let connection: VpnConnection | undefined;
  before(async () => {
    aws = await startLocalAws();
    const { CustomerGateway } = await aws.ec2.send(
      new CreateCustomerGatewayCommand({ Type: "ipsec.1", PublicIp: "203.0.113.9", BgpAsn: 65_010 }),
    );
    const { VpnGateway } = await aws.ec2.send(new CreateVpnGatewayCommand({ Type: "ipsec.1" }));
    const made = await aws.ec2.send(
      new CreateVpnConnectionCommand({
        ...{ Type: "ipsec.1", CustomerGatewayId: CustomerGateway?.CustomerGatewayId },
        VpnGatewayId: VpnGateway?.VpnGatewayId,
        Options: { TunnelOptions: [{ PreSharedKey: "a_key_of_ones_own", EnableTunnelLifecycleControl: true }, {}] },
      }),
    );
    connection = made.VpnConnection;
  });
  after(() => aws.stop());

  it("are set up with the addresses, the keys and the ASN of the connection", async () => {
    const { VpnConnectionDeviceTypes = [] } = await aws.ec2.send(new GetVpnConnectionDeviceTypesCommand({}));
    expect(VpnConnectionDeviceTypes.map(({ Vendor }) => Vendor)).to.deep.equal(["Generic", "Strongswan"]);
    const VpnConnectionId = connection?.VpnConnectionId;
    for (const { VpnConnectionDeviceTypeId } of VpnConnectionDeviceTypes) {
      const { VpnConnectionDeviceSampleConfiguration: text } = await aws.ec2.send(
        new GetVpnConnectionDeviceSampleConfigurationCommand({
          ...{ VpnConnectionId, VpnConnectionDeviceTypeId, InternetKeyExchangeVersion: "ikev2" },
        }),
      );
      for (const { OutsideIpAddress, PreSharedKey } of connection?.Options?.TunnelOptions ?? []) {
        expect(text).to.include(OutsideIpAddress).and.to.include(PreSharedKey);
      }
      expect(text).to.include("a_key_of_ones_own").and.to.include("203.0.113.9").and.to.match(/ikev2/i);
      if (VpnConnectionDeviceTypeId === "9005b6c1") expect(text).to.include("Customer Gateway ASN : 65010");
    }
    const unknown = { VpnConnectionId, VpnConnectionDeviceTypeId: "00000000" };
    expect(await codeOf(aws.ec2.send(new GetVpnConnectionDeviceSampleConfigurationCommand(unknown)))).to.equal(
      "InvalidParameterValue",
    );
  });

  it("a tunnel has its status, and is replaced where its life cycle is controlled", async () => {
    const VpnConnectionId = connection?.VpnConnectionId;
    const [first, second] = connection?.Options?.TunnelOptions ?? [];
    const tunnel = { VpnConnectionId, VpnTunnelOutsideIpAddress: first?.OutsideIpAddress };
    const { ActiveVpnTunnelStatus } = await aws.ec2.send(new GetActiveVpnTunnelStatusCommand(tunnel));
    expect(ActiveVpnTunnelStatus?.ProvisioningStatus).to.equal("available");
    const status = await aws.ec2.send(new GetVpnTunnelReplacementStatusCommand(tunnel));
    expect(status).to.include({ ...tunnel, CustomerGatewayId: connection?.CustomerGatewayId });
    expect((await aws.ec2.send(new ReplaceVpnTunnelCommand(tunnel))).Return).to.equal(true);
    const other = { VpnConnectionId, VpnTunnelOutsideIpAddress: second?.OutsideIpAddress };
    expect(await codeOf(aws.ec2.send(new ReplaceVpnTunnelCommand(other)))).to.equal("InvalidParameterValue");
    const nobodys = { VpnConnectionId, VpnTunnelOutsideIpAddress: "192.0.2.1" };
    expect(await codeOf(aws.ec2.send(new GetActiveVpnTunnelStatusCommand(nobodys)))).to.equal("InvalidParameterValue");
  });
});
