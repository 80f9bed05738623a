import type * as Ec2 from "@aws-sdk/client-ec2";
import type { RouteServer } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue, missingParameter } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource, listResources } from "./resource.ts";
import { routeServerEndpoints, routeServers, type StoredRouteServer } from "./route-servers.ts";
import { routeTables } from "./route-tables.ts";
import { vpcs } from "./vpcs.ts";

const lastAsn = 4_294_967_295;

/** https://docs.aws.amazon.com/vpc/latest/userguide/dynamic-routing-route-server.html; nothing speaks BGP, so that no route comes. */
export const routeServerOperations = {
  async CreateRouteServer(ctx, input) {
    const AmazonSideAsn = required(input.AmazonSideAsn, "AmazonSideAsn");
    if (AmazonSideAsn < 1 || AmazonSideAsn > lastAsn) {
      throw invalidParameterValue(`Value (${AmazonSideAsn}) for parameter amazonSideAsn is invalid.`);
    }
    const tags = tagsForNew(input.TagSpecifications, "route-server");
    const persistence = persistenceOf(input);
    const made = await makeOnce(ctx, routeServers, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const server: StoredRouteServer = {
        RouteServerId: scope.newId("rs"),
        AmazonSideAsn,
        State: "available",
        PersistRoutesState: "disabled",
        ...persistence,
        SnsNotificationsEnabled: input.SnsNotificationsEnabled ?? false,
        Associations: [],
        Propagations: [],
      };
      nameTopic(server, scope);
      return insertTagged(scope, routeServers, server, tags);
    });
    return { RouteServer: { ...made, State: "pending" } };
  },

  async ModifyRouteServer(ctx, input) {
    const id = required(input.RouteServerId, "RouteServerId");
    const changed = await changeResource(ctx, routeServers, { id, DryRun: input.DryRun }, (server, scope) => {
      Object.assign(server, persistenceOf(input));
      if (input.PersistRoutes === "disable") delete server.PersistRoutesDuration;
      server.SnsNotificationsEnabled = input.SnsNotificationsEnabled ?? server.SnsNotificationsEnabled;
      nameTopic(server, scope);
    });
    return { RouteServer: { ...changed, State: "modifying" } };
  },

  async DeleteRouteServer(ctx, input) {
    const id = required(input.RouteServerId, "RouteServerId");
    const removed = await removeResource(ctx, routeServers, { id, DryRun: input.DryRun }, async (server, scope) => {
      const endpoints = (await listResources(scope, routeServerEndpoints)).filter((one) => one.RouteServerId === id);
      if (server.Associations.length > 0 || endpoints.length > 0) {
        throw dependencyViolation(`The route server '${id}' has dependencies and cannot be deleted.`);
      }
    });
    return { RouteServer: { ...removed, State: "deleting" } };
  },

  async DescribeRouteServers(ctx, input) {
    const page = await describeResources(ctx, routeServers, input, { ids: input.RouteServerIds });
    return { RouteServers: page.items, NextToken: page.nextToken };
  },

  async AssociateRouteServer(ctx, input) {
    const [id, VpcId] = [required(input.RouteServerId, "RouteServerId"), required(input.VpcId, "VpcId")];
    await changeResource(ctx, routeServers, { id, DryRun: input.DryRun }, async (server, scope) => {
      await getResource(scope, vpcs, VpcId);
      if (server.Associations.length > 0) {
        throw new AwsError("IncorrectState", `The route server '${id}' is already associated with a VPC.`);
      }
      server.Associations.push({ RouteServerId: id, VpcId, State: "associated" });
    });
    return { RouteServerAssociation: { RouteServerId: id, VpcId, State: "associating" } };
  },

  async DisassociateRouteServer(ctx, input) {
    const [id, VpcId] = [required(input.RouteServerId, "RouteServerId"), required(input.VpcId, "VpcId")];
    await changeResource(ctx, routeServers, { id, DryRun: input.DryRun }, async (server, scope) => {
      await getResource(scope, vpcs, VpcId);
      if (!server.Associations.some((one) => one.VpcId === VpcId)) {
        throw new AwsError(
          "InvalidRouteServerId.NotAssociated",
          `The route server '${id}' is not associated with the VPC '${VpcId}'.`,
        );
      }
      const endpoints = (await listResources(scope, routeServerEndpoints)).filter((one) => one.RouteServerId === id);
      if (server.Propagations.length > 0 || endpoints.length > 0) {
        throw dependencyViolation(
          `The route server '${id}' has endpoints or propagations and cannot be disassociated.`,
        );
      }
      server.Associations = [];
    });
    return { RouteServerAssociation: { RouteServerId: id, VpcId, State: "disassociating" } };
  },

  async GetRouteServerAssociations(ctx, input) {
    const server = await getResource(ctx, routeServers, required(input.RouteServerId, "RouteServerId"));
    if (input.DryRun === true) throw dryRunOperation();
    return { RouteServerAssociations: server.Associations };
  },

  async EnableRouteServerPropagation(ctx, input) {
    const id = required(input.RouteServerId, "RouteServerId");
    const RouteTableId = required(input.RouteTableId, "RouteTableId");
    await changeResource(ctx, routeServers, { id, DryRun: input.DryRun }, async (server, scope) => {
      const table = await getResource(scope, routeTables, RouteTableId);
      if (!server.Associations.some(({ VpcId }) => VpcId === table.VpcId)) {
        throw invalidParameterValue(`The route table '${RouteTableId}' is in no VPC that '${id}' is associated with.`);
      }
      if (server.Propagations.some((one) => one.RouteTableId === RouteTableId)) {
        throw new AwsError("IncorrectState", `'${id}' propagates routes to '${RouteTableId}' already.`);
      }
      server.Propagations.push({ RouteServerId: id, RouteTableId, State: "available" });
    });
    return { RouteServerPropagation: { RouteServerId: id, RouteTableId, State: "pending" } };
  },

  async DisableRouteServerPropagation(ctx, input) {
    const id = required(input.RouteServerId, "RouteServerId");
    const RouteTableId = required(input.RouteTableId, "RouteTableId");
    await changeResource(ctx, routeServers, { id, DryRun: input.DryRun }, (server) => {
      const left = server.Propagations.filter((one) => one.RouteTableId !== RouteTableId);
      if (left.length === server.Propagations.length) {
        throw new AwsError(
          "InvalidRouteServerId.NotPropagated",
          `The route server '${id}' does not propagate routes to '${RouteTableId}'.`,
        );
      }
      server.Propagations = left;
    });
    return { RouteServerPropagation: { RouteServerId: id, RouteTableId, State: "deleting" } };
  },

  async GetRouteServerPropagations(ctx, input) {
    const server = await getResource(ctx, routeServers, required(input.RouteServerId, "RouteServerId"));
    if (input.DryRun === true) throw dryRunOperation();
    const wanted = server.Propagations.filter(
      ({ RouteTableId }) => !input.RouteTableId || RouteTableId === input.RouteTableId,
    );
    return { RouteServerPropagations: wanted };
  },

  async GetRouteServerRoutingDatabase(ctx, input) {
    const server = await getResource(ctx, routeServers, required(input.RouteServerId, "RouteServerId"));
    if (input.DryRun === true) throw dryRunOperation();
    return { AreRoutesPersisted: server.PersistRoutesState === "enabled", Routes: [] };
  },
} satisfies Operations<typeof Ec2, Context>;

/** `reset` has the routes that are kept forgotten, and goes on keeping. */
function persistenceOf(
  input: Pick<Ec2.ModifyRouteServerRequest, "PersistRoutes" | "PersistRoutesDuration">,
): Partial<RouteServer> {
  const { PersistRoutes, PersistRoutesDuration } = input;
  if (PersistRoutesDuration !== undefined && (PersistRoutesDuration < 1 || PersistRoutesDuration > 5)) {
    throw invalidParameterValue(
      `Value (${PersistRoutesDuration}) for parameter persistRoutesDuration is invalid. It must be between 1 and 5.`,
    );
  }
  if (PersistRoutes === "enable" && PersistRoutesDuration === undefined)
    throw missingParameter("PersistRoutesDuration");
  return {
    ...(PersistRoutes === undefined
      ? {}
      : { PersistRoutesState: PersistRoutes === "disable" ? "disabled" : "enabled" }),
    ...(PersistRoutesDuration === undefined ? {} : { PersistRoutesDuration }),
  };
}

function nameTopic(server: StoredRouteServer, { accountId, region }: { accountId: string; region: string }): void {
  delete server.SnsTopicArn;
  if (server.SnsNotificationsEnabled !== true) return;
  server.SnsTopicArn = `arn:aws:sns:${region}:${accountId}:route-server-${server.RouteServerId}`;
}
