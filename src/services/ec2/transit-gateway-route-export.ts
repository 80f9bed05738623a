import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayRoute } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Filter } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation } from "./errors.ts";
import { required } from "./required.ts";
import { allRoutes, routesMatching } from "./transit-gateway-route-search.ts";
import { getTransitRouteTable } from "./transit-gateway-route-tables.ts";

const folder = "VPCTransitGateway/TransitGatewayRouteTables";

/** https://docs.aws.amazon.com/vpc/latest/tgw/tgw-export-route-tables.html: a JSON file in a bucket of LocalAWS's own S3. */
export const transitGatewayRouteExportOperations = {
  async ExportTransitGatewayRoutes(ctx, input) {
    const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
    const bucket = required(input.S3Bucket, "s3Bucket");
    const table = await getTransitRouteTable(ctx, tableId);
    const routes = routesMatching(await allRoutes(ctx, table), input.Filters ?? []);
    if (!(await ctx.objects.hasBucket(ctx.accountId, bucket))) throw noSuchBucket(bucket);
    if (input.DryRun === true) throw dryRunOperation();
    const key = `${folder}/${tableId}_${ctx.now().getTime()}.json`;
    const written = await ctx.objects.put(ctx.accountId, {
      ...{ bucket, key, contentType: "application/json" },
      body: Buffer.from(JSON.stringify(fileOf(routes, input.Filters), null, 2)),
    });
    if (!written) throw noSuchBucket(bucket);
    return { S3Location: `s3://${bucket}/${key}` };
  },
} satisfies Operations<typeof Ec2, Context>;

function fileOf(routes: readonly TransitGatewayRoute[], filters: readonly Filter[] | undefined) {
  return {
    ...(filters === undefined || filters.length === 0
      ? {}
      : { filter: filters.map(({ Name, Values }) => ({ name: Name, values: Values })) }),
    routes: routes.map(({ DestinationCidrBlock, PrefixListId, TransitGatewayAttachments, Type, State }) => ({
      destinationCidrBlock: DestinationCidrBlock,
      prefixListId: PrefixListId,
      transitGatewayAttachments: (TransitGatewayAttachments ?? []).map((attachment) => ({
        resourceId: attachment.ResourceId,
        transitGatewayAttachmentId: attachment.TransitGatewayAttachmentId,
        resourceType: attachment.ResourceType,
      })),
      type: Type,
      state: State,
    })),
  };
}

function noSuchBucket(bucket: string) {
  return new AwsError("InvalidS3Bucket.NotFound", `The bucket '${bucket}' does not exist.`);
}
