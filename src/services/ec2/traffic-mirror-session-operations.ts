import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TrafficMirrorSession } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { completeResources, deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { trafficMirrorFilters } from "./traffic-mirror-filters.ts";
import { checkRange } from "./traffic-mirror-rules.ts";
import { trafficMirrorSessions } from "./traffic-mirror-sessions.ts";
import { trafficMirrorTargets } from "./traffic-mirror-targets.ts";

/** VXLAN ids have three bytes. */
const lastNetworkId = 0xff_ff_ff;

/** What ModifyTrafficMirrorSession takes away, by the names that it gives the members. */
const removable = {
  "packet-length": "PacketLength",
  description: "Description",
  "virtual-network-id": "VirtualNetworkId",
} as const;

/** https://docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirroring-session.html; no packet is mirrored. */
export const trafficMirrorSessionOperations = {
  async CreateTrafficMirrorSession(ctx, input) {
    const { DryRun, ClientToken, TagSpecifications, ...members } = input;
    const plan = {
      ...members,
      NetworkInterfaceId: required(input.NetworkInterfaceId, "NetworkInterfaceId"),
      TrafficMirrorTargetId: required(input.TrafficMirrorTargetId, "TrafficMirrorTargetId"),
      TrafficMirrorFilterId: required(input.TrafficMirrorFilterId, "TrafficMirrorFilterId"),
      SessionNumber: required(input.SessionNumber, "SessionNumber"),
    };
    const tags = tagsForNew(TagSpecifications, "traffic-mirror-session");
    const made = await makeOnce(ctx, trafficMirrorSessions, input, async (scope) => {
      const session: TrafficMirrorSession = {
        ...plan,
        VirtualNetworkId: input.VirtualNetworkId ?? newNetworkId(ctx),
        TrafficMirrorSessionId: scope.newId("tms"),
        OwnerId: scope.accountId,
      };
      await checkSession(scope, session);
      if (DryRun === true) throw dryRunOperation();
      return insertTagged(scope, trafficMirrorSessions, session, tags);
    });
    return { TrafficMirrorSession: made, ClientToken };
  },

  async ModifyTrafficMirrorSession(ctx, input) {
    const id = required(input.TrafficMirrorSessionId, "TrafficMirrorSessionId");
    const { DryRun, RemoveFields = [], TrafficMirrorSessionId: _, ...members } = input;
    return inTransaction(ctx, async (scope) => {
      const session = await getResource(scope, trafficMirrorSessions, id);
      Object.assign(session, members);
      for (const field of RemoveFields) delete session[removable[field]];
      session.VirtualNetworkId ??= newNetworkId(ctx);
      await checkSession(scope, session);
      if (DryRun === true) throw dryRunOperation();
      await updateResource(scope, trafficMirrorSessions, session);
      await completeResources(scope, trafficMirrorSessions, [session]);
      return { TrafficMirrorSession: session };
    });
  },

  async DeleteTrafficMirrorSession(ctx, input) {
    const id = required(input.TrafficMirrorSessionId, "TrafficMirrorSessionId");
    return inTransaction(ctx, async (scope) => {
      await getResource(scope, trafficMirrorSessions, id);
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, trafficMirrorSessions, [id]);
      return { TrafficMirrorSessionId: id };
    });
  },

  async DescribeTrafficMirrorSessions(ctx, input) {
    const page = await describeResources(ctx, trafficMirrorSessions, input, { ids: input.TrafficMirrorSessionIds });
    return { TrafficMirrorSessions: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** @throws AwsError for a session of something that is not there, or whose number the interface's other session has */
async function checkSession(scope: Scope, session: TrafficMirrorSession): Promise<void> {
  const { NetworkInterfaceId = "", PacketLength, SessionNumber = 0, VirtualNetworkId = 0 } = session;
  await getResource(scope, networkInterfaces, NetworkInterfaceId);
  await getResource(scope, trafficMirrorTargets, session.TrafficMirrorTargetId ?? "");
  await getResource(scope, trafficMirrorFilters, session.TrafficMirrorFilterId ?? "");
  checkRange(SessionNumber, 1, 32_766, "SessionNumber");
  checkRange(VirtualNetworkId, 0, lastNetworkId, "VirtualNetworkId");
  if (PacketLength !== undefined) checkRange(PacketLength, 1, 8500, "PacketLength");
  const twin = (await listResources(scope, trafficMirrorSessions)).find(
    (other) =>
      other.TrafficMirrorSessionId !== session.TrafficMirrorSessionId &&
      other.NetworkInterfaceId === NetworkInterfaceId &&
      other.SessionNumber === SessionNumber,
  );
  if (twin !== undefined) {
    throw invalidParameterValue(`The session number ${SessionNumber} is already in use for ${NetworkInterfaceId}.`);
  }
}

function newNetworkId(ctx: Context): number {
  return ctx.randomBytes(3).readUIntBE(0, 3);
}
