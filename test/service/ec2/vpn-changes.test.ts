import {
  CreateCustomerGatewayCommand,
  CreateTransitGatewayCommand,
  CreateVpnConnectionCommand,
  CreateVpnGatewayCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeVpnConnectionsCommand,
  ModifyVpnConnectionCommand,
  ModifyVpnTunnelOptionsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";

describe("ec2 changes of VPN connections", () => {
  let aws: TestServer;
  let VpnConnectionId: string;
  before(async () => {
    aws = await startLocalAws();
    const customer = { Type: "ipsec.1" as const, PublicIp: "203.0.113.12", BgpAsn: 65010 };
    const { CustomerGateway } = await aws.ec2.send(new CreateCustomerGatewayCommand(customer));
    const { VpnGateway } = await aws.ec2.send(new CreateVpnGatewayCommand({ Type: "ipsec.1" }));
    const { VpnConnection } = await aws.ec2.send(
      new CreateVpnConnectionCommand({
        Type: "ipsec.1",
        CustomerGatewayId: CustomerGateway?.CustomerGatewayId,
        VpnGatewayId: VpnGateway?.VpnGatewayId,
      }),
    );
    VpnConnectionId = VpnConnection?.VpnConnectionId ?? "";
  });
  after(() => aws.stop());

  async function described(filters: { Name: string; Values: string[] }[] = []) {
    const Filters = [{ Name: "vpn-connection-id", Values: [VpnConnectionId] }, ...filters];
    const { VpnConnections } = await aws.ec2.send(new DescribeVpnConnectionsCommand({ Filters }));
    return VpnConnections ?? [];
  }

  it("a connection is found by its customer gateway's ASN", async () => {
    expect(await described([{ Name: "bgp-asn", Values: ["65010"] }])).to.have.length(1);
    expect(await described([{ Name: "bgp-asn", Values: ["65000"] }])).to.deep.equal([]);
  });

  it("ModifyVpnTunnelOptions changes one tunnel, also in the configuration for the customer's device", async () => {
    const [tunnel, other] = only(await described()).Options?.TunnelOptions ?? [];
    const TunnelOptions = { PreSharedKey: "a_new_shared_key", DPDTimeoutSeconds: 60 };
    const VpnTunnelOutsideIpAddress = tunnel?.OutsideIpAddress;
    await aws.ec2.send(
      new ModifyVpnTunnelOptionsCommand({ VpnConnectionId, VpnTunnelOutsideIpAddress, TunnelOptions }),
    );
    const after = only(await described());
    expect(after.Options?.TunnelOptions?.[0]).to.include({
      ...{ PreSharedKey: "a_new_shared_key", DpdTimeoutSeconds: 60 },
      TunnelInsideCidr: tunnel?.TunnelInsideCidr,
    });
    expect(after.Options?.TunnelOptions?.[1]).to.deep.equal(other);
    expect(after.CustomerGatewayConfiguration).to.include("a_new_shared_key");
    const elsewhere = { VpnConnectionId, VpnTunnelOutsideIpAddress: "192.0.2.1", TunnelOptions };
    expect(await codeOf(aws.ec2.send(new ModifyVpnTunnelOptionsCommand(elsewhere)))).to.equal("InvalidParameterValue");
  });

  it("ModifyVpnConnection moves it to a transit gateway, which gets an attachment", async () => {
    const { TransitGateway } = await aws.ec2.send(new CreateTransitGatewayCommand({}));
    const TransitGatewayId = TransitGateway?.TransitGatewayId;
    const move = { VpnConnectionId, TransitGatewayId };
    expect(await codeOf(aws.ec2.send(new ModifyVpnConnectionCommand({ ...move, DryRun: true })))).to.equal(
      "DryRunOperation",
    );
    expect(only(await described()).TransitGatewayId).to.equal(undefined);
    await aws.ec2.send(new ModifyVpnConnectionCommand(move));
    expect(only(await described()))
      .to.include({ TransitGatewayId })
      .and.not.have.property("VpnGatewayId");
    const Filters = [{ Name: "resource-id", Values: [VpnConnectionId] }];
    const { TransitGatewayAttachments } = await aws.ec2.send(new DescribeTransitGatewayAttachmentsCommand({ Filters }));
    expect(only(TransitGatewayAttachments)).to.include({ TransitGatewayId, ResourceType: "vpn" });
  });
});
