import {
  AssociateClientVpnTargetNetworkCommand,
  AuthorizeClientVpnIngressCommand,
  type ClientVpnEndpoint,
  CreateClientVpnEndpointCommand,
  type CreateClientVpnEndpointCommandInput,
  CreateClientVpnRouteCommand,
  DeleteClientVpnEndpointCommand,
  DeleteClientVpnRouteCommand,
  DescribeClientVpnAuthorizationRulesCommand,
  DescribeClientVpnConnectionsCommand,
  DescribeClientVpnEndpointsCommand,
  DescribeClientVpnRoutesCommand,
  DescribeClientVpnTargetNetworksCommand,
  DisassociateClientVpnTargetNetworkCommand,
  ExportClientVpnClientCertificateRevocationListCommand,
  ImportClientVpnClientCertificateRevocationListCommand,
  ModifyClientVpnEndpointCommand,
  RevokeClientVpnIngressCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";

describe("ec2 Client VPN endpoints", () => {
  let aws: TestServer;
  let subnetId: string;
  const certificate = "arn:aws:acm:us-east-1:000000000000:certificate/0b5b3a1e-0000-4000-8000-000000000000";

  before(async () => {
    aws = await startLocalAws();
    subnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2));
  });
  after(() => aws.stop());

  async function create(overrides: Partial<CreateClientVpnEndpointCommandInput> = {}): Promise<string> {
    const { ClientVpnEndpointId } = await aws.ec2.send(
      new CreateClientVpnEndpointCommand({
        ClientCidrBlock: "192.168.0.0/16",
        ServerCertificateArn: certificate,
        AuthenticationOptions: [
          { Type: "certificate-authentication", MutualAuthentication: { ClientRootCertificateChainArn: certificate } },
        ],
        ConnectionLogOptions: { Enabled: false },
        ...overrides,
      }),
    );
    return ClientVpnEndpointId ?? "";
  }

  async function get(id: string): Promise<ClientVpnEndpoint> {
    const found = await aws.ec2.send(new DescribeClientVpnEndpointsCommand({ ClientVpnEndpointIds: [id] }));
    return only(found.ClientVpnEndpoints);
  }

  it("have AWS's defaults, and change", async () => {
    const id = await create({ Description: "staff" });
    const endpoint = await get(id);
    expect(endpoint).to.deep.include({
      ...{ Description: "staff", Status: { Code: "pending-associate" }, SplitTunnel: false, VpnPort: 443 },
      ...{
        TransportProtocol: "udp",
        SessionTimeoutHours: 24,
        DnsName: `*.${id}.prod.clientvpn.us-east-1.amazonaws.com`,
      },
    });
    expect(only(endpoint.AuthenticationOptions).MutualAuthentication).to.deep.equal({
      ClientRootCertificateChain: certificate,
    });
    await aws.ec2.send(
      new ModifyClientVpnEndpointCommand({
        ClientVpnEndpointId: id,
        SplitTunnel: true,
        VpnPort: 1194,
        DnsServers: { CustomDnsServers: ["10.0.0.2"], Enabled: true },
        ClientLoginBannerOptions: { Enabled: true, BannerText: "Welcome" },
        SelfServicePortal: "enabled",
      }),
    );
    const changed = await get(id);
    expect(changed).to.deep.include({
      Description: "staff",
      SplitTunnel: true,
      VpnPort: 1194,
      DnsServers: ["10.0.0.2"],
    });
    expect(changed.ClientLoginBannerOptions).to.deep.equal({ Enabled: true, BannerText: "Welcome" });
    expect(changed.SelfServicePortalUrl).to.include(id);
  });

  it("a network makes one available, with a route to its VPC and the default group, until it goes", async () => {
    const ClientVpnEndpointId = await create();
    const early = { ClientVpnEndpointId, DestinationCidrBlock: "10.8.0.0/16", TargetVpcSubnetId: subnetId };
    expect(await codeOf(aws.ec2.send(new CreateClientVpnRouteCommand(early)))).to.equal(
      "InvalidClientVpnActiveAssociationNotFound",
    );
    const associate = new AssociateClientVpnTargetNetworkCommand({ ClientVpnEndpointId, SubnetId: subnetId });
    const { AssociationId } = await aws.ec2.send(associate);
    expect(await codeOf(aws.ec2.send(associate))).to.equal("InvalidClientVpnSubnetId.DuplicateAz");
    const endpoint = await get(ClientVpnEndpointId);
    expect(endpoint.Status).to.deep.equal({ Code: "available" });
    expect(endpoint.SecurityGroupIds).to.have.length(1);
    const networks = await aws.ec2.send(new DescribeClientVpnTargetNetworksCommand({ ClientVpnEndpointId }));
    expect(only(networks.ClientVpnTargetNetworks)).to.deep.include({
      ...{ AssociationId, TargetNetworkId: subnetId, Status: { Code: "associated" } },
      SecurityGroups: endpoint.SecurityGroupIds,
    });
    const route = { ClientVpnEndpointId, DestinationCidrBlock: "10.9.0.0/16", TargetVpcSubnetId: subnetId };
    await aws.ec2.send(new CreateClientVpnRouteCommand(route));
    const routes = async () => (await aws.ec2.send(new DescribeClientVpnRoutesCommand({ ClientVpnEndpointId }))).Routes;
    expect((await routes())?.map(({ DestinationCidr, Origin }) => [DestinationCidr, Origin])).to.deep.equal([
      ["10.0.0.0/16", "associate"],
      ["10.9.0.0/16", "add-route"],
    ]);
    expect(await codeOf(aws.ec2.send(new CreateClientVpnRouteCommand(route)))).to.equal(
      "InvalidClientVpnDuplicateRoute",
    );
    await aws.ec2.send(new DeleteClientVpnRouteCommand(route));
    expect(await codeOf(aws.ec2.send(new DeleteClientVpnRouteCommand(route)))).to.equal(
      "InvalidClientVpnRouteNotFound",
    );
    const remove = new DeleteClientVpnEndpointCommand({ ClientVpnEndpointId });
    expect(await codeOf(aws.ec2.send(remove))).to.equal("DependencyViolation");
    const disassociate = new DisassociateClientVpnTargetNetworkCommand({ ClientVpnEndpointId, AssociationId });
    await aws.ec2.send(disassociate);
    expect(await codeOf(aws.ec2.send(disassociate))).to.equal("InvalidClientVpnAssociationIdNotFound");
    expect(await routes()).to.deep.equal([]);
    await aws.ec2.send(remove);
    expect(await codeOf(get(ClientVpnEndpointId))).to.equal("InvalidClientVpnEndpointId.NotFound");
  });

  it("rules authorize all clients or a group", async () => {
    const ClientVpnEndpointId = await create();
    const rule = { ClientVpnEndpointId, TargetNetworkCidr: "10.0.0.0/16" };
    expect(await codeOf(aws.ec2.send(new AuthorizeClientVpnIngressCommand(rule)))).to.equal("MissingParameter");
    await aws.ec2.send(new AuthorizeClientVpnIngressCommand({ ...rule, AuthorizeAllGroups: true, Description: "all" }));
    await aws.ec2.send(new AuthorizeClientVpnIngressCommand({ ...rule, AccessGroupId: "S-1-5" }));
    const twice = new AuthorizeClientVpnIngressCommand({ ...rule, AccessGroupId: "S-1-5" });
    expect(await codeOf(aws.ec2.send(twice))).to.equal("InvalidClientVpnDuplicateAuthorizationRule");
    const Filters = [{ Name: "group-id", Values: ["S-1-5"] }];
    const listed = await aws.ec2.send(new DescribeClientVpnAuthorizationRulesCommand({ ClientVpnEndpointId, Filters }));
    expect(only(listed.AuthorizationRules)).to.deep.include({ AccessAll: false, Status: { Code: "active" } });
    const revoke = new RevokeClientVpnIngressCommand({ ...rule, RevokeAllGroups: true });
    await aws.ec2.send(revoke);
    expect(await codeOf(aws.ec2.send(revoke))).to.equal("InvalidClientVpnEndpointAuthorizationRuleNotFound");
  });

  it("a revocation list is kept, and nobody is connected", async () => {
    const ClientVpnEndpointId = await create();
    const CertificateRevocationList = "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n";
    await aws.ec2.send(
      new ImportClientVpnClientCertificateRevocationListCommand({ ClientVpnEndpointId, CertificateRevocationList }),
    );
    const exported = await aws.ec2.send(
      new ExportClientVpnClientCertificateRevocationListCommand({ ClientVpnEndpointId }),
    );
    expect(exported.CertificateRevocationList?.trim()).to.equal(CertificateRevocationList.trim());
    const { Connections } = await aws.ec2.send(new DescribeClientVpnConnectionsCommand({ ClientVpnEndpointId }));
    expect(Connections).to.deep.equal([]);
  });

  it("a block that is too small, a port and a certificate that is missing are refused", async () => {
    expect(await codeOf(create({ ClientCidrBlock: "192.168.0.0/24" }))).to.equal("InvalidParameterValue");
    expect(await codeOf(create({ VpnPort: 80 }))).to.equal("InvalidParameterValue");
    expect(await codeOf(create({ ServerCertificateArn: "" }))).to.equal("MissingParameter");
    expect(await codeOf(create({ VpcId: "vpc-0123456789abcdef0" }))).to.equal("InvalidVpcID.NotFound");
  });
});
