import {
  AssociateTrunkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  DescribeTrunkInterfaceAssociationsCommand,
  DisassociateTrunkInterfaceCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc } from "./network-support.ts";

describe("ec2 trunk interfaces", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("have branches, by a VLAN or a GRE key", async () => {
    const SubnetId = await makeSubnet(aws.ec2, await makeVpc(aws.ec2));
    const make = async (InterfaceType?: "branch" | "trunk") => {
      const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, InterfaceType }));
      return NetworkInterface?.NetworkInterfaceId;
    };
    const TrunkInterfaceId = await make("trunk");
    const BranchInterfaceId = await make("branch");
    const associate = (changes: object) =>
      aws.ec2.send(new AssociateTrunkInterfaceCommand({ TrunkInterfaceId, BranchInterfaceId, VlanId: 7, ...changes }));
    expect(await codeOf(associate({ GreKey: 1 }))).to.equal("InvalidParameterCombination");
    expect(await codeOf(associate({ TrunkInterfaceId: await make() }))).to.equal("InvalidParameterValue");
    const { InterfaceAssociation } = await associate({});
    expect(InterfaceAssociation).to.include({ TrunkInterfaceId, BranchInterfaceId, InterfaceProtocol: "VLAN" });
    expect(await codeOf(associate({ VlanId: 8 }))).to.equal("InvalidParameterValue");
    expect(await codeOf(associate({ BranchInterfaceId: await make("branch") }))).to.equal("InvalidParameterValue");

    const Filters = [{ Name: "interface-protocol", Values: ["VLAN"] }];
    const list = async () =>
      (await aws.ec2.send(new DescribeTrunkInterfaceAssociationsCommand({ Filters }))).InterfaceAssociations;
    expect((await list())?.map(({ VlanId }) => VlanId)).to.deep.equal([7]);
    const { AssociationId } = InterfaceAssociation ?? {};
    await aws.ec2.send(new DisassociateTrunkInterfaceCommand({ AssociationId }));
    expect(await list()).to.deep.equal([]);
    expect(await codeOf(aws.ec2.send(new DisassociateTrunkInterfaceCommand({ AssociationId })))).to.equal(
      "InvalidTrunkInterfaceAssociationId.NotFound",
    );
  });
});
