import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  PeeringConnectionOptionsRequest,
  VpcPeeringConnection,
  VpcPeeringConnectionStateReasonCode,
  VpcPeeringConnectionVpcInfo,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { ipv4BlocksOverlap } from "./cidr.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, missingParameter, operationNotPermitted } from "./errors.ts";
import { tagsForNew } from "./made-once.ts";
import { peeringConnections } from "./peering-connections.ts";
import { required } from "./required.ts";
import {
  completeResources,
  deleteResources,
  findResource,
  getResource,
  insertResource,
  listResources,
  updateResource,
} from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import { inTransaction, type Scope, scopeAt } from "./scope.ts";
import { writeTags } from "./stored-tags.ts";
import { blocksOf } from "./vpc-cidrs.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

/** https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html#vpc-peering-lifecycle */
const requestExpiresMs = 7 * 86_400_000;
const endedVisibleMs = 7_200_000;

const messages: Readonly<Partial<Record<VpcPeeringConnectionStateReasonCode, string>>> = {
  active: "Active",
  deleted: "Deleted by",
  failed: "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
  "initiating-request": "Initiating Request to",
  "pending-acceptance": "Pending Acceptance by",
  rejected: "Rejected by",
};

interface Stored extends VpcPeeringConnection {
  EndedAt?: string;
}

export const peeringOperations = {
  /** Where the accepter is unknown or the ranges overlap, the connection is made, and has failed. */
  async CreateVpcPeeringConnection(ctx, input) {
    const vpcId = required(input.VpcId, "vpcId");
    const peerVpcId = required(input.PeerVpcId, "peerVpcId");
    const tags = tagsForNew(input.TagSpecifications, "vpc-peering-connection");
    return inTransaction(ctx, async (scope) => {
      const requester = await getResource(scope, vpcs, vpcId);
      const accountId = input.PeerOwnerId || scope.accountId;
      const region = input.PeerRegion || scope.region;
      const side = scopeAt(scope, { accountId, region });
      const accepter = await findResource(side, vpcs, peerVpcId);
      if (accepter === undefined && accountId === scope.accountId) {
        throw vpcs.notFound([peerVpcId]);
      }
      const overlaps = blocksOf(requester).some((one) =>
        (accepter === undefined ? [] : blocksOf(accepter)).some((other) => ipv4BlocksOverlap(one, other)),
      );
      if (input.DryRun === true) throw dryRunOperation();
      const failed = accepter === undefined || overlaps;
      const connection: VpcPeeringConnection = {
        VpcPeeringConnectionId: scope.newId("pcx"),
        RequesterVpcInfo: infoOf(scope, requester),
        AccepterVpcInfo: failed ? { OwnerId: accountId, VpcId: peerVpcId, Region: region } : infoOf(side, accepter),
        Status: failed ? statusOf("failed", "") : statusOf("pending-acceptance", accountId),
        ...(failed ? {} : { ExpirationTime: new Date(scope.now().getTime() + requestExpiresMs) }),
      };
      for (const each of sidesOf(scope, connection)) await insertResource(each, peeringConnections, connection);
      const id = peeringConnections.idOf(connection);
      await writeTags(scope, { id, type: "vpc-peering-connection" }, tags);
      await completeResources(scope, peeringConnections, [connection]);
      return {
        VpcPeeringConnection: failed
          ? connection
          : { ...connection, Status: statusOf("initiating-request", accountId) },
      };
    });
  },

  async AcceptVpcPeeringConnection(ctx, input) {
    const id = required(input.VpcPeeringConnectionId, "vpcPeeringConnectionId");
    return inTransaction(ctx, async (scope) => {
      const connection = await getResource(scope, peeringConnections, id);
      checkIsAccepter(scope, connection, "accepted");
      if (connection.Status?.Code !== "pending-acceptance") {
        throw wrongState(connection, "accept");
      }
      if (input.DryRun === true) throw dryRunOperation();
      delete connection.ExpirationTime;
      for (const info of [connection.RequesterVpcInfo, connection.AccepterVpcInfo]) {
        if (info !== undefined) info.PeeringOptions = optionsOf({});
      }
      await changeStatus(scope, connection, "active");
      await completeResources(scope, peeringConnections, [connection]);
      return { VpcPeeringConnection: connection };
    });
  },

  async RejectVpcPeeringConnection(ctx, input) {
    const id = required(input.VpcPeeringConnectionId, "vpcPeeringConnectionId");
    await inTransaction(ctx, async (scope) => {
      const connection = await getResource(scope, peeringConnections, id);
      checkIsAccepter(scope, connection, "accepted or rejected");
      if (connection.Status?.Code !== "pending-acceptance") throw wrongState(connection, "reject");
      if (input.DryRun === true) throw dryRunOperation();
      await changeStatus(scope, connection, "rejected");
    });
    return { Return: true };
  },

  async DeleteVpcPeeringConnection(ctx, input) {
    const id = required(input.VpcPeeringConnectionId, "vpcPeeringConnectionId");
    await inTransaction(ctx, async (scope) => {
      const connection = await getResource(scope, peeringConnections, id);
      if (["deleted", "rejected"].includes(connection.Status?.Code ?? "")) throw wrongState(connection, "delete");
      if (input.DryRun === true) throw dryRunOperation();
      await changeStatus(scope, connection, "deleted");
    });
    return { Return: true };
  },

  async ModifyVpcPeeringConnectionOptions(ctx, input) {
    const id = required(input.VpcPeeringConnectionId, "vpcPeeringConnectionId");
    const { RequesterPeeringConnectionOptions: ofRequester, AccepterPeeringConnectionOptions: ofAccepter } = input;
    if (ofRequester === undefined && ofAccepter === undefined) {
      throw missingParameter("requesterPeeringConnectionOptions or accepterPeeringConnectionOptions");
    }
    return inTransaction(ctx, async (scope) => {
      const connection = await getResource(scope, peeringConnections, id);
      if (connection.Status?.Code !== "active") {
        throw operationNotPermitted(
          `Peering options cannot be modified for the VPC peering connection ${id}: it is not active.`,
        );
      }
      if (ofRequester !== undefined) checkIsOwnSide(scope, connection.RequesterVpcInfo, "requester");
      if (ofAccepter !== undefined) checkIsOwnSide(scope, connection.AccepterVpcInfo, "accepter");
      if (input.DryRun === true) throw dryRunOperation();
      changeOptions(connection.RequesterVpcInfo, ofRequester);
      changeOptions(connection.AccepterVpcInfo, ofAccepter);
      await writeSides(scope, connection);
      return {
        ...(ofRequester === undefined
          ? {}
          : { RequesterPeeringConnectionOptions: connection.RequesterVpcInfo?.PeeringOptions }),
        ...(ofAccepter === undefined
          ? {}
          : { AccepterPeeringConnectionOptions: connection.AccepterVpcInfo?.PeeringOptions }),
      };
    });
  },

  async DescribeVpcPeeringConnections(ctx, input) {
    await forgetEnded(ctx);
    const page = await describeResources(ctx, peeringConnections, input, { ids: input.VpcPeeringConnectionIds });
    return {
      VpcPeeringConnections: page.items.map(({ EndedAt: _, ...connection }: Stored) => connection),
      NextToken: page.nextToken,
    };
  },
} satisfies Operations<typeof Ec2, Context>;

/** The accounts' regions that see a connection: the requester's and the accepter's, which may be one. */
function sidesOf(scope: Scope, { RequesterVpcInfo, AccepterVpcInfo }: VpcPeeringConnection): Scope[] {
  const places = [RequesterVpcInfo, AccepterVpcInfo].map((info) => ({
    accountId: info?.OwnerId ?? scope.accountId,
    region: info?.Region ?? scope.region,
  }));
  const [one, other] = places;
  const isSame = one?.accountId === other?.accountId && one?.region === other?.region;
  return (isSame ? places.slice(0, 1) : places).map((place) => scopeAt(scope, place));
}

async function writeSides(scope: Scope, connection: VpcPeeringConnection): Promise<void> {
  for (const side of sidesOf(scope, connection)) await updateResource(side, peeringConnections, connection);
}

async function changeStatus(scope: Scope, connection: Stored, code: "active" | "deleted" | "rejected"): Promise<void> {
  connection.Status = statusOf(code, code === "active" ? "" : scope.accountId);
  if (code !== "active") connection.EndedAt = scope.now().toISOString();
  await writeSides(scope, connection);
  const state = code === "active" ? "active" : "blackhole";
  for (const side of sidesOf(scope, connection)) {
    await setStateOfRoutesTo(side, peeringConnections.idOf(connection), state);
  }
}

function statusOf(Code: VpcPeeringConnectionStateReasonCode, accountId: string) {
  return { Code, Message: `${messages[Code] ?? Code}${accountId === "" ? "" : ` ${accountId}`}` };
}

function infoOf(scope: Scope, vpc: StoredVpc): VpcPeeringConnectionVpcInfo {
  return {
    VpcId: vpc.VpcId,
    OwnerId: scope.accountId,
    Region: scope.region,
    CidrBlock: vpc.CidrBlock,
    CidrBlockSet: (vpc.CidrBlockAssociationSet ?? []).map(({ CidrBlock }) => ({ CidrBlock })),
    ...(vpc.Ipv6CidrBlockAssociationSet?.length
      ? { Ipv6CidrBlockSet: vpc.Ipv6CidrBlockAssociationSet.map(({ Ipv6CidrBlock }) => ({ Ipv6CidrBlock })) }
      : {}),
    PeeringOptions: optionsOf({}),
  };
}

function optionsOf(request: PeeringConnectionOptionsRequest) {
  return {
    AllowDnsResolutionFromRemoteVpc: request.AllowDnsResolutionFromRemoteVpc ?? false,
    AllowEgressFromLocalClassicLinkToRemoteVpc: request.AllowEgressFromLocalClassicLinkToRemoteVpc ?? false,
    AllowEgressFromLocalVpcToRemoteClassicLink: request.AllowEgressFromLocalVpcToRemoteClassicLink ?? false,
  };
}

function changeOptions(
  info: VpcPeeringConnectionVpcInfo | undefined,
  request: PeeringConnectionOptionsRequest | undefined,
): void {
  if (info === undefined || request === undefined) return;
  info.PeeringOptions = optionsOf({ ...info.PeeringOptions, ...request });
}

function checkIsAccepter(scope: Scope, connection: VpcPeeringConnection, verb: string): void {
  const { OwnerId, Region } = connection.AccepterVpcInfo ?? {};
  if (OwnerId !== scope.accountId) {
    throw operationNotPermitted(
      `User ${scope.accountId} cannot accept or reject peering ${connection.VpcPeeringConnectionId}`,
    );
  }
  if (Region !== scope.region) {
    throw operationNotPermitted(
      `Incorrect region (${scope.region}) specified for this request.VPC peering connection ${connection.VpcPeeringConnectionId} must be ${verb} in region ${Region}`,
    );
  }
}

function checkIsOwnSide(scope: Scope, info: VpcPeeringConnectionVpcInfo | undefined, what: string): void {
  if (info?.OwnerId === scope.accountId && info.Region === scope.region) return;
  throw invalidParameterValue(`The options of the ${what} can be modified by its owner, in its region only.`);
}

function wrongState(connection: VpcPeeringConnection, verb: string) {
  return new AwsError(
    "InvalidStateTransition",
    `Invalid state transition for ${connection.VpcPeeringConnectionId}, attempted to ${verb} a connection that is ${connection.Status?.Code}`,
  );
}

/** Ended connections stay visible for a while. */
async function forgetEnded(scope: Scope): Promise<void> {
  const limit = new Date(scope.now().getTime() - endedVisibleMs).toISOString();
  const all: Stored[] = await listResources(scope, peeringConnections);
  const old = all.filter(({ EndedAt }) => EndedAt !== undefined && EndedAt < limit);
  await deleteResources(scope, peeringConnections, old.map(peeringConnections.idOf));
}
