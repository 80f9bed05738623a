import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CreateVpnConnectionRequest,
  TunnelOption,
  VpnConnection,
  VpnConnectionOptions,
  VpnTunnelOptionsSpecification,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { canonicalIpv4Cidr } from "./cidr.ts";
import { customerGateways } from "./customer-gateways.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { releasePublicAddress, takePublicAddress } from "./public-addresses.ts";
import { required } from "./required.ts";
import { completeResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { attachToTransitGateway, detachFromTransitGateway } from "./transit-gateway-attaching.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { transitGateways } from "./transit-gateways.ts";
import { customerConfiguration } from "./vpn-configuration.ts";
import { vpnConnections } from "./vpn-connections.ts";
import { vpnGateways } from "./vpn-gateways.ts";

const tunnelCount = 2;
const usualAsn = 64512;

export const vpnConnectionOperations = {
  async CreateVpnConnection(ctx, input) {
    const customerId = required(input.CustomerGatewayId, "customerGatewayId");
    const Type = required(input.Type, "type");
    const tags = tagsForNew(input.TagSpecifications, "vpn-connection");
    if (Type !== "ipsec.1") throw invalidParameterValue(`Value (${Type}) for parameter type is invalid.`);
    if (Boolean(input.VpnGatewayId) === Boolean(input.TransitGatewayId)) {
      throw invalidParameterCombination("The request must contain exactly one of vpnGatewayId, transitGatewayId");
    }
    const keys = Array.from({ length: tunnelCount }, () => newKey(ctx));
    return inTransaction(ctx, async (scope) => {
      const customer = await getResource(scope, customerGateways, customerId);
      if (customer.State === "deleted") throw customerGateways.notFound([customerId]);
      const amazonAsn = await asnOfGateway(scope, input);
      if (input.DryRun === true) throw dryRunOperation();
      const VpnConnectionId = scope.newId("vpn");
      const Options = await optionsOf(scope, input, { id: VpnConnectionId, keys });
      const connection: VpnConnection = {
        VpnConnectionId,
        CustomerGatewayId: customerId,
        ...(input.VpnGatewayId ? { VpnGatewayId: input.VpnGatewayId } : { TransitGatewayId: input.TransitGatewayId }),
        Type: "ipsec.1",
        Category: "VPN",
        State: "available",
        GatewayAssociationState: "associated",
        Options,
        Routes: [],
        VgwTelemetry: (Options.TunnelOptions ?? []).map(({ OutsideIpAddress }) => ({
          OutsideIpAddress,
          AcceptedRouteCount: 0,
          LastStatusChange: scope.now(),
          Status: "DOWN",
          StatusMessage: "",
        })),
      };
      connection.CustomerGatewayConfiguration = customerConfiguration({ connection, customer, amazonAsn });
      const made = await insertTagged(scope, vpnConnections, connection, tags);
      if (input.TransitGatewayId) {
        const gateway = await getResource(scope, transitGateways, input.TransitGatewayId);
        await attachToTransitGateway(scope, gateway, { ResourceType: "vpn", ResourceId: VpnConnectionId });
      }
      return { VpnConnection: { ...made, State: "pending" } };
    });
  },

  async DeleteVpnConnection(ctx, input) {
    const id = required(input.VpnConnectionId, "vpnConnectionId");
    await inTransaction(ctx, async (scope) => {
      const connection = await getAlive(scope, id);
      if (input.DryRun === true) throw dryRunOperation();
      for (const { OutsideIpAddress } of connection.Options?.TunnelOptions ?? []) {
        await releasePublicAddress(scope, OutsideIpAddress ?? "");
      }
      for (const attachment of await listResources(scope, transitGatewayAttachments)) {
        if (attachment.ResourceId === id) await detachFromTransitGateway(scope, attachment);
      }
      await updateResource(scope, vpnConnections, {
        ...connection,
        State: "deleted",
        Routes: [],
        EndedAt: scope.now().toISOString(),
      });
    });
    return {};
  },

  async DescribeVpnConnections(ctx, input) {
    await forgetEnded(ctx, vpnConnections);
    const page = await describeResources(ctx, vpnConnections, input, { ids: input.VpnConnectionIds });
    return { VpnConnections: page.items };
  },

  async CreateVpnConnectionRoute(ctx, input) {
    const cidr = required(input.DestinationCidrBlock, "destinationCidrBlock");
    const DestinationCidrBlock = canonicalIpv4Cidr(cidr);
    if (DestinationCidrBlock === undefined) {
      throw invalidParameterValue(
        `Value (${cidr}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
      );
    }
    await changeConnection(ctx, input.VpnConnectionId, (connection) => {
      const others = (connection.Routes ?? []).filter((one) => one.DestinationCidrBlock !== DestinationCidrBlock);
      connection.Routes = [...others, { DestinationCidrBlock, Source: "Static", State: "available" }];
    });
    return {};
  },

  async DeleteVpnConnectionRoute(ctx, input) {
    const cidr = required(input.DestinationCidrBlock, "destinationCidrBlock");
    await changeConnection(ctx, input.VpnConnectionId, (connection) => {
      const kept = (connection.Routes ?? []).filter((one) => one.DestinationCidrBlock !== canonicalIpv4Cidr(cidr));
      if (kept.length === connection.Routes?.length) {
        throw new AwsError("InvalidRoute.NotFound", `The specified route ${cidr} does not exist.`);
      }
      connection.Routes = kept;
    });
    return {};
  },

  async ModifyVpnConnectionOptions(ctx, input) {
    const VpnConnection = await changeConnection(ctx, input.VpnConnectionId, (connection) => {
      if (input.DryRun === true) throw dryRunOperation();
      connection.Options = {
        ...connection.Options,
        LocalIpv4NetworkCidr: input.LocalIpv4NetworkCidr ?? connection.Options?.LocalIpv4NetworkCidr,
        RemoteIpv4NetworkCidr: input.RemoteIpv4NetworkCidr ?? connection.Options?.RemoteIpv4NetworkCidr,
      };
    });
    return { VpnConnection: { ...VpnConnection, State: "modifying" as VpnConnection["State"] } };
  },
} satisfies Operations<typeof Ec2, Context>;

async function getAlive(scope: Scope, id: string) {
  const connection = await getResource(scope, vpnConnections, id);
  if (connection.State === "deleted") throw vpnConnections.notFound([id]);
  return connection;
}

async function changeConnection(
  ctx: Context,
  id: string | undefined,
  change: (connection: VpnConnection) => void,
): Promise<VpnConnection> {
  return inTransaction(ctx, async (scope) => {
    const connection = await getAlive(scope, required(id, "vpnConnectionId"));
    change(connection);
    await updateResource(scope, vpnConnections, connection);
    await completeResources(scope, vpnConnections, [connection]);
    return connection;
  });
}

async function asnOfGateway(scope: Scope, input: CreateVpnConnectionRequest): Promise<number> {
  if (input.VpnGatewayId) {
    const gateway = await getResource(scope, vpnGateways, input.VpnGatewayId);
    if (gateway.State === "deleted") throw vpnGateways.notFound([input.VpnGatewayId]);
    return gateway.AmazonSideAsn ?? usualAsn;
  }
  const gateway = await getResource(scope, transitGateways, input.TransitGatewayId ?? "");
  return gateway.Options?.AmazonSideAsn ?? usualAsn;
}

async function optionsOf(
  scope: Scope,
  input: CreateVpnConnectionRequest,
  { id, keys }: { id: string; keys: readonly string[] },
): Promise<VpnConnectionOptions> {
  const asked = input.Options ?? {};
  const TunnelOptions: TunnelOption[] = [];
  for (const [index, key] of keys.entries()) {
    const OutsideIpAddress = await takePublicAddress(scope, `${id}/${index}`);
    TunnelOptions.push(tunnelOf(asked.TunnelOptions?.[index] ?? {}, { OutsideIpAddress, key, id, index }));
  }
  return {
    EnableAcceleration: asked.EnableAcceleration ?? false,
    StaticRoutesOnly: asked.StaticRoutesOnly ?? false,
    LocalIpv4NetworkCidr: asked.LocalIpv4NetworkCidr ?? "0.0.0.0/0",
    RemoteIpv4NetworkCidr: asked.RemoteIpv4NetworkCidr ?? "0.0.0.0/0",
    OutsideIpAddressType: asked.OutsideIpAddressType ?? "PublicIpv4",
    TunnelInsideIpVersion: asked.TunnelInsideIpVersion ?? "ipv4",
    TunnelOptions,
  };
}

function tunnelOf(
  asked: VpnTunnelOptionsSpecification,
  made: { OutsideIpAddress: string; key: string; id: string; index: number },
): TunnelOption {
  // Each tunnel has a block of four link-local addresses: 169.254.6.0 and above are nobody else's.
  const offset = (Number.parseInt(made.id.slice(-4), 16) * tunnelCount + made.index) % 16000;
  const third = 6 + Math.floor(offset / 64);
  return {
    OutsideIpAddress: made.OutsideIpAddress,
    TunnelInsideCidr: asked.TunnelInsideCidr || `169.254.${third % 240}.${(offset % 64) * 4}/30`,
    PreSharedKey: asked.PreSharedKey || made.key,
    ...(asked.Phase1LifetimeSeconds ? { Phase1LifetimeSeconds: asked.Phase1LifetimeSeconds } : {}),
    ...(asked.Phase2LifetimeSeconds ? { Phase2LifetimeSeconds: asked.Phase2LifetimeSeconds } : {}),
    ...(asked.RekeyMarginTimeSeconds ? { RekeyMarginTimeSeconds: asked.RekeyMarginTimeSeconds } : {}),
    ...(asked.RekeyFuzzPercentage ? { RekeyFuzzPercentage: asked.RekeyFuzzPercentage } : {}),
    ...(asked.ReplayWindowSize ? { ReplayWindowSize: asked.ReplayWindowSize } : {}),
    ...(asked.DPDTimeoutSeconds ? { DpdTimeoutSeconds: asked.DPDTimeoutSeconds } : {}),
    ...(asked.DPDTimeoutAction ? { DpdTimeoutAction: asked.DPDTimeoutAction } : {}),
    ...(asked.StartupAction ? { StartupAction: asked.StartupAction } : {}),
    ...(asked.IKEVersions?.length ? { IkeVersions: asked.IKEVersions } : {}),
    ...(asked.Phase1EncryptionAlgorithms?.length
      ? { Phase1EncryptionAlgorithms: asked.Phase1EncryptionAlgorithms }
      : {}),
    ...(asked.Phase2EncryptionAlgorithms?.length
      ? { Phase2EncryptionAlgorithms: asked.Phase2EncryptionAlgorithms }
      : {}),
    ...(asked.Phase1IntegrityAlgorithms?.length ? { Phase1IntegrityAlgorithms: asked.Phase1IntegrityAlgorithms } : {}),
    ...(asked.Phase2IntegrityAlgorithms?.length ? { Phase2IntegrityAlgorithms: asked.Phase2IntegrityAlgorithms } : {}),
    ...(asked.Phase1DHGroupNumbers?.length ? { Phase1DHGroupNumbers: asked.Phase1DHGroupNumbers } : {}),
    ...(asked.Phase2DHGroupNumbers?.length ? { Phase2DHGroupNumbers: asked.Phase2DHGroupNumbers } : {}),
    EnableTunnelLifecycleControl: asked.EnableTunnelLifecycleControl ?? false,
    LogOptions: { CloudWatchLogOptions: { LogEnabled: false, BgpLogEnabled: false } },
  };
}

/** 32 letters, digits, dots and underscores that begin with a letter, as AWS's keys do. */
function newKey(ctx: Context): string {
  return `k${ctx.randomBytes(24).toString("base64").replaceAll("+", ".").replaceAll("/", "_").slice(0, 31)}`;
}
