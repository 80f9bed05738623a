import { EC2 } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

const InstanceId = "i-0123456789abcdef0";

/** Each request, the parameter as errors call it, and the member that has the value. */
const requests = [
  ["createIpam", "tier", { Tier: "" }],
  ["createIpam", "meteredAccount", { MeteredAccount: "" }],
  [
    "createIpamPool",
    "awsService",
    { IpamScopeId: "ipam-scope-0123456789abcdef0", AddressFamily: "ipv4", AwsService: "" },
  ],
  ["getIpamResourceCidrs", "resourceType", { IpamScopeId: "ipam-scope-0123456789abcdef0", ResourceType: "" }],
  ["createImage", "snapshotLocation", { InstanceId, Name: "refused", SnapshotLocation: "" }],
  ["createSnapshot", "location", { VolumeId: "vol-0123456789abcdef0", Location: "" }],
  ["createSnapshots", "copyTagsFromSource", { InstanceSpecification: { InstanceId }, CopyTagsFromSource: "" }],
  ["describeAddressesAttribute", "attribute", { Attribute: "" }],
  ["describeReservedInstances", "offeringType", { OfferingType: "" }],
  ["describeReservedInstancesOfferings", "offeringClass", { OfferingClass: "" }],
  ["getInstanceTpmEkPub", "keyFormat", { InstanceId, KeyType: "rsa-2048", KeyFormat: "" }],
  [
    "modifyCapacityReservation",
    "instanceMatchCriteria",
    { CapacityReservationId: "cr-0123456789abcdef0", InstanceMatchCriteria: "" },
  ],
  ["modifyInstanceCpuOptions", "nestedVirtualization", { InstanceId, NestedVirtualization: "" }],
  ["modifyVpcEndpoint", "ipAddressType", { VpcEndpointId: "vpce-0123456789abcdef0", IpAddressType: "" }],
] as const;

const nested = [
  [
    "modifyInstanceCapacityReservationAttributes",
    "capacityReservationPreference",
    { InstanceId, CapacityReservationSpecification: { CapacityReservationPreference: "never heard of" } },
  ],
  [
    "createTransitGatewayVpcAttachment",
    "dnsSupport",
    {
      ...{ TransitGatewayId: "tgw-0123456789abcdef0", VpcId: "vpc-0123456789abcdef0" },
      ...{ SubnetIds: ["subnet-0123456789abcdef0"], Options: { DnsSupport: "never heard of" } },
    },
  ],
  [
    "createVpcEndpoint",
    "dnsRecordIpType",
    {
      ...{ VpcId: "vpc-0123456789abcdef0", ServiceName: "com.amazonaws.us-east-1.ec2" },
      DnsOptions: { DnsRecordIpType: "never heard of" },
    },
  ],
] as const;

describe("ec2 values that a parameter does not take", () => {
  let aws: TestServer;
  let ec2: EC2;
  before(async () => {
    aws = await startLocalAws();
    ec2 = new EC2(aws.clientConfig);
  });
  after(async () => {
    ec2.destroy();
    await aws.stop();
  });

  for (const [operation, parameter, members] of [...requests, ...nested]) {
    it(`${operation} refuses a ${parameter} that there is not`, async () => {
      const asked = Object.fromEntries(
        Object.entries(members).map(([name, value]) => [name, value === "" ? "never heard of" : value]),
      );
      // The values are none of the model's.
      const send = (ec2[operation] as (input: object) => Promise<unknown>).bind(ec2);
      expect(await refusal(send(asked))).to.include({
        code: "InvalidParameterValue",
        message: `Value (never heard of) for parameter ${parameter} is invalid.`,
      });
    });
  }
});
