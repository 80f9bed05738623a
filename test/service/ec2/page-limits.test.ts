import {
  CreateCapacityReservationCommand,
  DescribeAddressTransfersCommand,
  DescribeManagedPrefixListsCommand,
  DescribeNetworkInterfacePermissionsCommand,
  DescribePrefixListsCommand,
  DescribeVerifiedAccessInstanceLoggingConfigurationsCommand,
  DescribeVerifiedAccessInstancesCommand,
  DescribeVerifiedAccessTrustProvidersCommand,
  DescribeVpcsCommand,
  GetCapacityReservationUsageCommand,
  GetGroupsForCapacityReservationCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

type Page = { MaxResults: number };

/** The valid ranges of MaxResults in the API reference. */
const ranges: readonly (readonly [
  operation: string,
  least: number,
  most: number,
  send: (aws: TestServer, page: Page) => Promise<unknown>,
])[] = [
  ["DescribeVpcs", 5, 1000, ({ ec2 }, page) => ec2.send(new DescribeVpcsCommand(page))],
  ["DescribeAddressTransfers", 5, 1000, ({ ec2 }, page) => ec2.send(new DescribeAddressTransfersCommand(page))],
  ["DescribeManagedPrefixLists", 1, 100, ({ ec2 }, page) => ec2.send(new DescribeManagedPrefixListsCommand(page))],
  ["DescribePrefixLists", 1, 1000, ({ ec2 }, page) => ec2.send(new DescribePrefixListsCommand(page))],
  [
    "DescribeNetworkInterfacePermissions",
    ...([5, 255] as const),
    ({ ec2 }, page) => ec2.send(new DescribeNetworkInterfacePermissionsCommand(page)),
  ],
  [
    "DescribeVerifiedAccessInstances",
    ...([5, 200] as const),
    ({ ec2 }, page) => ec2.send(new DescribeVerifiedAccessInstancesCommand(page)),
  ],
  [
    "DescribeVerifiedAccessTrustProviders",
    ...([5, 200] as const),
    ({ ec2 }, page) => ec2.send(new DescribeVerifiedAccessTrustProvidersCommand(page)),
  ],
  [
    "DescribeVerifiedAccessInstanceLoggingConfigurations",
    ...([1, 10] as const),
    ({ ec2 }, page) => ec2.send(new DescribeVerifiedAccessInstanceLoggingConfigurationsCommand(page)),
  ],
  [
    "GetCapacityReservationUsage",
    ...([1, 1000] as const),
    async (aws, page) =>
      aws.ec2.send(new GetCapacityReservationUsageCommand({ ...(await makeReservation(aws)), ...page })),
  ],
  [
    "GetGroupsForCapacityReservation",
    ...([1, 1000] as const),
    async (aws, page) =>
      aws.ec2.send(new GetGroupsForCapacityReservationCommand({ ...(await makeReservation(aws)), ...page })),
  ],
];

async function makeReservation({ ec2 }: TestServer) {
  const { CapacityReservation } = await ec2.send(
    new CreateCapacityReservationCommand({
      ...{ InstanceType: "t3.micro", InstancePlatform: "Linux/UNIX", AvailabilityZone: "us-east-1a", InstanceCount: 1 },
    }),
  );
  return { CapacityReservationId: CapacityReservation?.CapacityReservationId };
}

describe("ec2 MaxResults", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  for (const [operation, least, most, send] of ranges) {
    it(`of ${operation} is from ${least} to ${most}`, async () => {
      for (const MaxResults of [least, most]) await send(aws, { MaxResults });
      for (const MaxResults of [least - 1, most + 1]) {
        const { code, message } = await refusal(send(aws, { MaxResults }));
        expect([code, message]).to.deep.equal([
          "InvalidParameterValue",
          `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value ${
            MaxResults < least ? `greater than ${least}` : `less than ${most}`
          }.`,
        ]);
      }
    });
  }
});
