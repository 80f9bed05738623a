import type { TrafficMirrorSession } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const trafficMirrorSessions: Resource<TrafficMirrorSession> = {
  table: "ec2_traffic_mirror_sessions",
  prefix: "tms",
  type: "traffic-mirror-session",
  idOf: (session) => session.TrafficMirrorSessionId ?? "",
  ...tagsMember,
  filters: pathFilters<TrafficMirrorSession>()({
    description: "Description",
    "network-interface-id": "NetworkInterfaceId",
    "owner-id": "OwnerId",
    "packet-length": "PacketLength",
    "session-number": "SessionNumber",
    "traffic-mirror-filter-id": "TrafficMirrorFilterId",
    "traffic-mirror-session-id": "TrafficMirrorSessionId",
    "traffic-mirror-target-id": "TrafficMirrorTargetId",
    "virtual-network-id": "VirtualNetworkId",
  }),
  columnFilters: { "traffic-mirror-session-id": "id" },
  malformed: (id) => malformed("InvalidTrafficMirrorSessionId.Malformed", id, "tms"),
  notFound: (ids) => notFound("InvalidTrafficMirrorSessionId.NotFound", "traffic mirror session ID", ids),
};
