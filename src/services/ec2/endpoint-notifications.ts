import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ConnectionNotification, UnsuccessfulItem } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { endpointServices } from "./endpoint-services.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, notFound } from "./errors.ts";
import { insertTagged, makeOnce } from "./made-once.ts";
import { required } from "./required.ts";
import { deleteResources, findResource, getResource, type Resource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { vpcEndpoints } from "./vpc-endpoints.ts";

const events: readonly string[] = ["Accept", "Connect", "Delete", "Reject"];

/** They have no tags. Nothing is published: there is no SNS here. */
const connectionNotifications: Resource<ConnectionNotification> = {
  table: "ec2_vpc_endpoint_connection_notifications",
  prefix: "vpce-nfn",
  type: "vpc-endpoint",
  idOf: (notification) => notification.ConnectionNotificationId ?? "",
  tagsOf: () => undefined,
  setTags: () => {},
  filters: pathFilters<ConnectionNotification>()({
    "connection-notification-arn": "ConnectionNotificationArn",
    "connection-notification-id": "ConnectionNotificationId",
    "connection-notification-state": "ConnectionNotificationState",
    "connection-notification-type": "ConnectionNotificationType",
    "service-id": "ServiceId",
    "vpc-endpoint-id": "VpcEndpointId",
  }),
  columnFilters: { "connection-notification-id": "id" },
  malformed: (id) => notFound("InvalidConnectionNotification", "connection notification", [id]),
  notFound: (ids) => notFound("InvalidConnectionNotification", "connection notification", ids),
};

export const endpointNotificationOperations = {
  async CreateVpcEndpointConnectionNotification(ctx, input) {
    const ConnectionNotificationArn = checkTopic(
      required(input.ConnectionNotificationArn, "connectionNotificationArn"),
    );
    const ConnectionEvents = checkEvents(required(input.ConnectionEvents, "connectionEvents"));
    if (Boolean(input.ServiceId) === Boolean(input.VpcEndpointId)) {
      throw invalidParameterCombination("The request must contain exactly one of serviceId, vpcEndpointId");
    }
    const ConnectionNotification = await makeOnce(ctx, connectionNotifications, input, async (scope) => {
      if (input.ServiceId) await getResource(scope, endpointServices, input.ServiceId);
      if (input.VpcEndpointId) await getResource(scope, vpcEndpoints, input.VpcEndpointId);
      if (input.DryRun === true) throw dryRunOperation();
      return insertTagged(scope, connectionNotifications, {
        ConnectionNotificationId: scope.newId("vpce-nfn"),
        ...(input.ServiceId ? { ServiceId: input.ServiceId } : { VpcEndpointId: input.VpcEndpointId }),
        ConnectionNotificationType: "Topic",
        ConnectionNotificationArn,
        ConnectionEvents,
        ConnectionNotificationState: "Enabled",
      });
    });
    return { ConnectionNotification, ClientToken: input.ClientToken };
  },

  async DescribeVpcEndpointConnectionNotifications(ctx, input) {
    const page = await describeResources(ctx, connectionNotifications, input, {
      ids: input.ConnectionNotificationId ? [input.ConnectionNotificationId] : [],
    });
    return { ConnectionNotificationSet: page.items, NextToken: page.nextToken };
  },

  async ModifyVpcEndpointConnectionNotification(ctx, { DryRun, ...input }) {
    const id = required(input.ConnectionNotificationId, "connectionNotificationId");
    await changeResource(ctx, connectionNotifications, { id, DryRun }, (notification) => {
      if (input.ConnectionNotificationArn) {
        notification.ConnectionNotificationArn = checkTopic(input.ConnectionNotificationArn);
      }
      if (input.ConnectionEvents?.length) notification.ConnectionEvents = checkEvents(input.ConnectionEvents);
    });
    return { ReturnValue: true };
  },

  async DeleteVpcEndpointConnectionNotifications(ctx, input) {
    const ids = required(input.ConnectionNotificationIds, "connectionNotificationIds");
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const Unsuccessful: UnsuccessfulItem[] = [];
      for (const id of ids) {
        if ((await findResource(scope, connectionNotifications, id)) === undefined) {
          const { code: Code, message: Message } = connectionNotifications.notFound([id]);
          Unsuccessful.push({ ResourceId: id, Error: { Code, Message } });
        }
      }
      await deleteResources(scope, connectionNotifications, ids);
      return { Unsuccessful };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

function checkTopic(arn: string): string {
  if (/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(arn)) return arn;
  throw invalidParameterValue(`The SNS topic ARN '${arn}' is invalid.`);
}

function checkEvents(asked: readonly string[]): string[] {
  const unknown = asked.find((event) => !events.includes(event));
  if (unknown !== undefined) throw invalidParameterValue(`Invalid value '${unknown}' for connectionEvents.`);
  return [...new Set(asked)];
}
