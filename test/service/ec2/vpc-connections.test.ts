import {
  AcceptVpcPeeringConnectionCommand,
  CreateFlowLogsCommand,
  CreateManagedPrefixListCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteFlowLogsCommand,
  DeleteManagedPrefixListCommand,
  DeleteVpcPeeringConnectionCommand,
  DescribeFlowLogsCommand,
  DescribeManagedPrefixListsCommand,
  DescribePrefixListsCommand,
  DescribeRouteTablesCommand,
  DescribeVpcPeeringConnectionsCommand,
  EC2Client,
  GetManagedPrefixListAssociationsCommand,
  GetManagedPrefixListEntriesCommand,
  ModifyManagedPrefixListCommand,
  ModifyVpcPeeringConnectionOptionsCommand,
  RejectVpcPeeringConnectionCommand,
  RestoreManagedPrefixListVersionCommand,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeVpc, only } from "./network-support.ts";

describe("ec2 peering, prefix lists and flow logs", () => {
  let aws: TestServer;
  let elsewhere: EC2Client;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    elsewhere = new EC2Client({ ...aws.clientConfig, region: "eu-west-1" });
  });
  after(async () => {
    elsewhere.destroy();
    await aws.stop();
  });

  async function get(id: string, client = aws.ec2) {
    const ids = { VpcPeeringConnectionIds: [id] };
    return only((await client.send(new DescribeVpcPeeringConnectionsCommand(ids))).VpcPeeringConnections);
  }

  it("a peering is requested, accepted, given options, used by routes, and deleted", async () => {
    const [VpcId, PeerVpcId] = [await makeVpc(aws.ec2, "10.1.0.0/16"), await makeVpc(aws.ec2, "10.2.0.0/16")];
    const made = await aws.ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId }));
    expect(made.VpcPeeringConnection?.Status?.Code).to.equal("initiating-request");
    const id = made.VpcPeeringConnection?.VpcPeeringConnectionId ?? "";
    const named = { VpcPeeringConnectionId: id };
    expect((await get(id)).Status?.Code).to.equal("pending-acceptance");
    const { RouteTable } = await aws.ec2.send(new CreateRouteTableCommand({ VpcId }));
    const RouteTableId = RouteTable?.RouteTableId ?? "";
    await aws.ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "10.2.0.0/16", ...named }));
    const state = async () =>
      (await aws.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))).RouteTables?.[0]
        ?.Routes?.[1]?.State;
    expect(await state()).to.equal("blackhole");
    await aws.ec2.send(new AcceptVpcPeeringConnectionCommand(named));
    expect(await state()).to.equal("active");
    const again = aws.ec2.send(new AcceptVpcPeeringConnectionCommand(named));
    expect(await codeOf(again)).to.equal("InvalidStateTransition");
    await aws.ec2.send(
      new ModifyVpcPeeringConnectionOptionsCommand({
        ...named,
        RequesterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: true },
      }),
    );
    const { RequesterVpcInfo, AccepterVpcInfo } = await get(id);
    expect(RequesterVpcInfo?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc).to.equal(true);
    expect(AccepterVpcInfo).to.deep.include({ VpcId: PeerVpcId, CidrBlockSet: [{ CidrBlock: "10.2.0.0/16" }] });
    await aws.ec2.send(new DeleteVpcPeeringConnectionCommand(named));
    expect((await get(id)).Status?.Code).to.equal("deleted");
    expect(await state()).to.equal("blackhole");
  });

  it("a peering with another region is seen, and accepted, there", async () => {
    const VpcId = await makeVpc(aws.ec2, "10.3.0.0/16");
    const PeerVpcId = await makeVpc(elsewhere, "10.4.0.0/16");
    const { VpcPeeringConnection } = await aws.ec2.send(
      new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId, PeerRegion: "eu-west-1" }),
    );
    const VpcPeeringConnectionId = VpcPeeringConnection?.VpcPeeringConnectionId ?? "";
    const here = aws.ec2.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    expect(await codeOf(here)).to.equal("OperationNotPermitted");
    expect((await get(VpcPeeringConnectionId, elsewhere)).Status?.Code).to.equal("pending-acceptance");
    await elsewhere.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
    expect((await get(VpcPeeringConnectionId)).Status?.Code).to.equal("active");
  });

  it("a peering fails with overlapping ranges, and may be rejected", async () => {
    const [VpcId, PeerVpcId] = [await makeVpc(aws.ec2, "10.5.0.0/16"), await makeVpc(aws.ec2, "10.5.0.0/20")];
    const failed = await aws.ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId }));
    expect(failed.VpcPeeringConnection?.Status?.Code).to.equal("failed");
    const other = await makeVpc(aws.ec2, "10.6.0.0/16");
    const made = await aws.ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId: other }));
    const id = made.VpcPeeringConnection?.VpcPeeringConnectionId ?? "";
    await aws.ec2.send(new RejectVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    expect((await get(id)).Status?.Code).to.equal("rejected");
    const unknown = get("pcx-0123456789abcdef0");
    expect(await codeOf(unknown)).to.equal("InvalidVpcPeeringConnectionID.NotFound");
  });

  it("a prefix list has versions, which can be restored", async () => {
    const { PrefixList } = await aws.ec2.send(
      new CreateManagedPrefixListCommand({
        ...{ PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 3 },
        Entries: [{ Cidr: "192.0.2.0/24", Description: "one" }],
      }),
    );
    expect(PrefixList).to.include({ State: "create-in-progress", Version: 1, OwnerId: "000000000000" });
    const PrefixListId = PrefixList?.PrefixListId ?? "";
    const modify = (input: object) => aws.ec2.send(new ModifyManagedPrefixListCommand({ PrefixListId, ...input }));
    const change = { AddEntries: [{ Cidr: "198.51.100.0/24" }], RemoveEntries: [{ Cidr: "192.0.2.0/24" }] };
    expect(await codeOf(modify({ ...change, CurrentVersion: 7 }))).to.equal("PrefixListVersionMismatch");
    const both = { AddEntries: [{ Cidr: "192.0.2.0/24", Description: "two" }], RemoveEntries: change.RemoveEntries };
    expect(await codeOf(modify({ ...both, CurrentVersion: 1 }))).to.equal("InvalidParameterValue");
    const again = { AddEntries: [{ Cidr: "192.0.2.0/24", Description: "one" }], CurrentVersion: 1 };
    expect(await codeOf(modify(again))).to.equal("InvalidPrefixListModification");
    // Neither of these makes a version, as Terraform's provider relies on, which asks for both before it changes entries.
    await modify({ MaxEntries: 4 });
    await modify({ PrefixListName: "branches" });
    await modify({ ...change, CurrentVersion: 1 });
    const entries = async (TargetVersion?: number) =>
      (await aws.ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId, TargetVersion }))).Entries;
    expect(await entries()).to.deep.equal([{ Cidr: "198.51.100.0/24" }]);
    expect(await entries(1)).to.deep.equal([{ Cidr: "192.0.2.0/24", Description: "one" }]);
    await aws.ec2.send(
      new RestoreManagedPrefixListVersionCommand({ PrefixListId, PreviousVersion: 1, CurrentVersion: 2 }),
    );
    expect((await entries())?.[0]?.Description).to.equal("one");
    const { PrefixLists } = await aws.ec2.send(
      new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId] }),
    );
    expect(only(PrefixLists)).to.include({ Version: 3, State: "restore-complete" });
    const used = await aws.ec2.send(new GetManagedPrefixListAssociationsCommand({ PrefixListId }));
    expect(used.PrefixListAssociations ?? []).to.deep.equal([]);
    await aws.ec2.send(new DeleteManagedPrefixListCommand({ PrefixListId }));
    const gone = new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId] });
    expect(await codeOf(aws.ec2.send(gone))).to.equal("InvalidPrefixListID.NotFound");
  });

  it("AWS's own prefix lists are there, and stay", async () => {
    const { PrefixLists } = await aws.ec2.send(
      new DescribePrefixListsCommand({
        Filters: [{ Name: "prefix-list-name", Values: ["com.amazonaws.us-east-1.s3"] }],
      }),
    );
    const { PrefixListId } = only(PrefixLists);
    expect(PrefixListId).to.equal("pl-63a5400a");
    const remove = aws.ec2.send(new DeleteManagedPrefixListCommand({ PrefixListId }));
    expect(await codeOf(remove)).to.equal("OperationNotPermitted");
  });

  it("flow logs are made for each resource, once, and in a bucket that is there", async () => {
    const VpcId = await makeVpc(aws.ec2);
    await aws.s3.send(new CreateBucketCommand({ Bucket: "logs" }));
    const create = (input: object = {}) =>
      aws.ec2.send(
        new CreateFlowLogsCommand({
          ...{ ResourceType: "VPC", ResourceIds: [VpcId], TrafficType: "ALL" },
          ...{ LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs" },
          ...input,
        }),
      );
    const { FlowLogIds, ClientToken } = await create();
    expect(ClientToken).to.match(/^[\w+/]{43}=$/);
    const { FlowLogs } = await aws.ec2.send(
      new DescribeFlowLogsCommand({ Filter: [{ Name: "resource-id", Values: [VpcId] }] }),
    );
    expect(only(FlowLogs)).to.deep.include({
      ...{ FlowLogId: FlowLogIds?.[0], FlowLogStatus: "ACTIVE", TrafficType: "ALL", MaxAggregationInterval: 600 },
    });
    expect(only(FlowLogs).LogFormat).to.match(/^\$\{version\} \$\{account-id\} .* \$\{log-status\}$/);
    expect(await codeOf(create())).to.equal("FlowLogAlreadyExists");
    const nowhere = await create({ LogDestination: "arn:aws:s3:::nowhere" });
    expect(only(nowhere.Unsuccessful).Error?.Message).to.equal("LogDestination: nowhere does not exist.");
    expect(await codeOf(create({ LogDestination: undefined }))).to.equal("InvalidParameter");
    expect(await codeOf(create({ MaxAggregationInterval: 10 }))).to.equal("InvalidParameter");
    expect(await codeOf(create({ ResourceIds: ["vpc-0123456789abcdef0"] }))).to.equal("InvalidVpcID.NotFound");
    await aws.ec2.send(new DeleteFlowLogsCommand({ FlowLogIds }));
    const gone = aws.ec2.send(new DeleteFlowLogsCommand({ FlowLogIds }));
    expect(await codeOf(gone)).to.equal("InvalidFlowLogId.NotFound");
  });
});
