import { DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { follow } from "./follow.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Network {
  readonly id: string;
  readonly name: string | null;
  readonly cidr: string;
  readonly is_default?: boolean;
}

describe("json-api VPCs and subnets", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const vpcs = async () => (await api.send<{ vpcs: Network[] }>("GET", "/ec2/vpcs")).body.vpcs;

  it("are listed, the default VPC with its subnets", async () => {
    const byDefault = (await vpcs()).find((vpc) => vpc.is_default);
    expect(byDefault?.cidr).to.equal("172.31.0.0/16");
    const { body } = await api.send<{ subnets: Network[] }>("GET", `/ec2/subnets?vpc_id=${byDefault?.id}`);
    expect(body.subnets).to.have.lengthOf.at.least(3);
  });

  it("are made as AWS's clients see them, told of, and deleted from the inside out", async () => {
    const feed = await follow(api, "/events");
    const json = { cidr: "10.20.0.0/16", name: "made", tags: { team: "shop" } };
    const { status, body: vpc } = await api.send("POST", "/ec2/vpcs", { json });
    expect(status).to.equal(201);
    expect(vpc).to.deep.include({ name: "made", cidr: "10.20.0.0/16", tags: { Name: "made", team: "shop" } });
    await feed.seen("resource", { type: "vpc", id: vpc.id, change: "created" });
    const inner = { vpc_id: vpc.id, cidr: "10.20.1.0/24", availability_zone: "us-east-1b", name: "inner" };
    const { body: subnet } = await api.send("POST", "/ec2/subnets", { json: inner });
    expect(subnet).to.include({ vpc_id: vpc.id, availability_zone: "us-east-1b", name: "inner" });
    await feed.seen("resource", { type: "subnet", id: subnet.id, change: "created" });
    const { Subnets } = await api.aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnet.id ?? ""] }));
    expect(Subnets?.[0]).to.include({ CidrBlock: "10.20.1.0/24", AvailableIpAddressCount: 251 });

    const taken = await api.send("POST", "/ec2/subnets", { json: inner });
    expect([taken.status, taken.body.code]).to.deep.equal([409, "InvalidSubnet.Conflict"]);
    const inUse = await api.send("DELETE", `/ec2/vpcs/${vpc.id}`);
    expect([inUse.status, inUse.body.code]).to.deep.equal([409, "DependencyViolation"]);
    expect((await api.send("DELETE", `/ec2/subnets/${subnet.id}`)).status).to.equal(204);
    expect((await api.send("DELETE", `/ec2/vpcs/${vpc.id}`)).status).to.equal(204);
    await feed.seen("resource", { type: "vpc", id: vpc.id, change: "deleted" });
    await feed.close();
    expect((await vpcs()).map(({ id }) => id)).to.not.include(vpc.id);
  });

  it("refuse a block that is none and a VPC that is not there, in AWS's words", async () => {
    const bad = await api.send("POST", "/ec2/vpcs", { json: { cidr: "10.0.0.0" } });
    expect([bad.status, bad.body.code]).to.deep.equal([400, "InvalidParameterValue"]);
    const missing = await api.send("DELETE", "/ec2/vpcs/vpc-0123456789abcdef0");
    expect([missing.status, missing.body.code]).to.deep.equal([404, "InvalidVpcID.NotFound"]);
  });
});
