import { isIPv4 } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ClientVpnAuthenticationRequest, ClientVpnEndpoint } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { parseIpv4Block } from "./cidr.ts";
import { clientVpnEndpoints, type StoredClientVpnEndpoint } from "./client-vpn.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource, getResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { vpcs } from "./vpcs.ts";

const ports: readonly number[] = [443, 1194];
const sessionHours: readonly number[] = [8, 10, 12, 24];

/** https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/cvpn-working-endpoints.html; nothing listens there. */
export const clientVpnEndpointOperations = {
  async CreateClientVpnEndpoint(ctx, input) {
    const ServerCertificateArn = required(input.ServerCertificateArn, "serverCertificateArn");
    const authentication = required(input.AuthenticationOptions, "authenticationOptions");
    const log = required(input.ConnectionLogOptions, "connectionLogOptions");
    const tags = tagsForNew(input.TagSpecifications, "client-vpn-endpoint");
    checkBlock(required(input.ClientCidrBlock, "clientCidrBlock"));
    checkChoices(input);
    if (input.TransportProtocol && !["tcp", "udp"].includes(input.TransportProtocol)) {
      throw invalidParameterValue(`Invalid value '${input.TransportProtocol}' for transportProtocol.`);
    }
    const endpoint = await makeOnce(ctx, clientVpnEndpoints, input, async (scope) => {
      await checkNetwork(scope, input);
      if (input.DryRun === true) throw dryRunOperation();
      const ClientVpnEndpointId = scope.newId("cvpn-endpoint");
      const made: StoredClientVpnEndpoint = {
        ClientVpnEndpointId,
        Description: input.Description ?? "",
        Status: { Code: "pending-associate" },
        CreationTime: scope.now().toISOString().slice(0, 19),
        DnsName: `*.${ClientVpnEndpointId}.prod.clientvpn.${scope.region}.amazonaws.com`,
        ClientCidrBlock: input.ClientCidrBlock,
        ...(input.DnsServers?.length ? { DnsServers: input.DnsServers } : {}),
        SplitTunnel: input.SplitTunnel ?? false,
        VpnProtocol: "openvpn",
        TransportProtocol: input.TransportProtocol ?? "udp",
        VpnPort: input.VpnPort ?? 443,
        AssociatedTargetNetworks: [],
        ServerCertificateArn,
        AuthenticationOptions: authentication.map(toAuthentication),
        ConnectionLogOptions: { Enabled: false, ...log },
        ...(input.SecurityGroupIds?.length ? { SecurityGroupIds: input.SecurityGroupIds } : {}),
        ...(input.VpcId ? { VpcId: input.VpcId } : {}),
        ...portalOf(input.SelfServicePortal, ClientVpnEndpointId),
        ClientConnectOptions: { Enabled: false, ...input.ClientConnectOptions, Status: { Code: "applied" } },
        SessionTimeoutHours: input.SessionTimeoutHours ?? 24,
        ClientLoginBannerOptions: { Enabled: false, ...input.ClientLoginBannerOptions },
        ClientRouteEnforcementOptions: { Enforced: false, ...input.ClientRouteEnforcementOptions },
        DisconnectOnSessionTimeout: input.DisconnectOnSessionTimeout ?? true,
        EndpointIpAddressType: input.EndpointIpAddressType ?? "ipv4",
        TrafficIpAddressType: input.TrafficIpAddressType ?? "ipv4",
        ...{ Networks: [], Rules: [], Routes: [] },
      };
      return insertTagged(scope, clientVpnEndpoints, made, tags);
    });
    return { ClientVpnEndpointId: endpoint.ClientVpnEndpointId, Status: endpoint.Status, DnsName: endpoint.DnsName };
  },

  async ModifyClientVpnEndpoint(ctx, input) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    checkChoices(input);
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun: input.DryRun }, async (endpoint, scope) => {
      await checkNetwork(scope, input);
      const { Description, ServerCertificateArn, SessionTimeoutHours, SplitTunnel, VpcId, VpnPort } = input;
      const given = { Description, ServerCertificateArn, SessionTimeoutHours, SplitTunnel, VpcId, VpnPort };
      for (const [member, value] of Object.entries(given))
        if (value !== undefined) Reflect.set(endpoint, member, value);
      endpoint.DisconnectOnSessionTimeout = input.DisconnectOnSessionTimeout ?? endpoint.DisconnectOnSessionTimeout;
      if (input.SecurityGroupIds?.length) endpoint.SecurityGroupIds = input.SecurityGroupIds;
      if (input.DnsServers !== undefined) {
        const { CustomDnsServers = [], Enabled = true } = input.DnsServers;
        endpoint.DnsServers = Enabled ? CustomDnsServers : [];
      }
      Object.assign(endpoint.ConnectionLogOptions ?? {}, input.ConnectionLogOptions);
      Object.assign(endpoint.ClientConnectOptions ?? {}, input.ClientConnectOptions);
      Object.assign(endpoint.ClientLoginBannerOptions ?? {}, input.ClientLoginBannerOptions);
      Object.assign(endpoint.ClientRouteEnforcementOptions ?? {}, input.ClientRouteEnforcementOptions);
      if (input.SelfServicePortal === "disabled") delete endpoint.SelfServicePortalUrl;
      Object.assign(endpoint, portalOf(input.SelfServicePortal, id));
    });
    return { Return: true };
  },

  async DeleteClientVpnEndpoint(ctx, input) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    await removeResource(ctx, clientVpnEndpoints, { id, DryRun: input.DryRun }, ({ Networks }) => {
      if (Networks.length > 0) throw dependencyViolation(`Endpoint ${id} has associated target networks.`);
    });
    return { Status: { Code: "deleting" as const } };
  },

  async DescribeClientVpnEndpoints(ctx, input) {
    const page = await describeResources(ctx, clientVpnEndpoints, input, { ids: input.ClientVpnEndpointIds });
    return { ClientVpnEndpoints: page.items, NextToken: page.nextToken };
  },

  async ImportClientVpnClientCertificateRevocationList(ctx, input) {
    const id = required(input.ClientVpnEndpointId, "clientVpnEndpointId");
    const list = required(input.CertificateRevocationList, "certificateRevocationList");
    if (!list.includes("-----BEGIN X509 CRL-----")) {
      throw invalidParameterValue("The certificate revocation list is not in PEM format.");
    }
    await changeResource(ctx, clientVpnEndpoints, { id, DryRun: input.DryRun }, (endpoint) => {
      endpoint.RevocationList = list;
    });
    return { Return: true };
  },

  async ExportClientVpnClientCertificateRevocationList(ctx, input) {
    const endpoint = await getResource(ctx, clientVpnEndpoints, required(input.ClientVpnEndpointId, "endpointId"));
    if (input.DryRun === true) throw dryRunOperation();
    return { CertificateRevocationList: endpoint.RevocationList, Status: { Code: "active" as const } };
  },
} satisfies Operations<typeof Ec2, Context>;

function checkBlock(text: string): void {
  const block = parseIpv4Block(text);
  if (block === undefined || block.prefixLength < 12 || block.prefixLength > 22) {
    throw invalidParameterValue(`Client CIDR block ${text} must be of a size between /12 and /22.`);
  }
}

function checkChoices(input: {
  VpnPort?: number | undefined;
  SessionTimeoutHours?: number | undefined;
  DnsServers?: string[] | Ec2.DnsServersOptionsModifyStructure | undefined;
}): void {
  const { VpnPort, SessionTimeoutHours, DnsServers = [] } = input;
  if (VpnPort !== undefined && !ports.includes(VpnPort)) {
    throw invalidParameterValue(`VPN port ${VpnPort} is invalid. Must be one of ${ports.join(", ")}.`);
  }
  if (SessionTimeoutHours !== undefined && !sessionHours.includes(SessionTimeoutHours)) {
    throw invalidParameterValue(`Session timeout must be one of ${sessionHours.join(", ")} hours.`);
  }
  const servers = Array.isArray(DnsServers) ? DnsServers : (DnsServers.CustomDnsServers ?? []);
  const wrong = servers.find((address) => !isIPv4(address));
  if (wrong !== undefined) throw invalidParameterValue(`${wrong} is no valid IPv4 address.`);
}

async function checkNetwork(
  scope: Scope,
  { VpcId, SecurityGroupIds = [] }: { VpcId?: string | undefined; SecurityGroupIds?: string[] | undefined },
): Promise<void> {
  if (VpcId) await getResource(scope, vpcs, VpcId);
  const groups = await getResources(scope, securityGroups, SecurityGroupIds);
  const foreign = groups.find((group) => VpcId && group.VpcId !== VpcId);
  if (foreign !== undefined) throw invalidParameterValue(`${foreign.GroupId} is not of the VPC ${VpcId}.`);
}

function portalOf(choice: string | undefined, id: string): Pick<ClientVpnEndpoint, "SelfServicePortalUrl"> {
  if (choice !== "enabled") return {};
  return { SelfServicePortalUrl: `https://self-service.clientvpn.amazonaws.com/endpoints/${id}` };
}

/** What a request calls a chain, a description calls a certificate. */
function toAuthentication(asked: ClientVpnAuthenticationRequest) {
  const { Type, ActiveDirectory, FederatedAuthentication, MutualAuthentication } = asked;
  const chain = MutualAuthentication?.ClientRootCertificateChainArn;
  return {
    Type: required(Type, "authenticationOptions.type"),
    ...(ActiveDirectory === undefined ? {} : { ActiveDirectory: { DirectoryId: ActiveDirectory.DirectoryId } }),
    ...(chain === undefined ? {} : { MutualAuthentication: { ClientRootCertificateChain: chain } }),
    ...(FederatedAuthentication === undefined
      ? {}
      : {
          FederatedAuthentication: {
            SamlProviderArn: FederatedAuthentication.SAMLProviderArn,
            SelfServiceSamlProviderArn: FederatedAuthentication.SelfServiceSAMLProviderArn,
          },
        }),
  };
}
