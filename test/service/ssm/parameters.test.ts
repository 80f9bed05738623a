import { DescribeImagesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "../ec2/support.ts";

const al2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const noble = "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id";
const bookworm = "/aws/service/debian/release/12/latest/amd64";

describe("ssm public parameters", () => {
  let aws: TestServer;
  let ssm: SSMClient;
  before(async () => {
    aws = await startLocalAws();
    ssm = new SSMClient(aws.clientConfig);
  });
  after(async () => {
    ssm.destroy();
    await aws.stop();
  });

  const get = async (Name: string) => (await ssm.send(new GetParameterCommand({ Name }))).Parameter ?? {};
  const imageOf = async (name: string) => {
    const { Value = "" } = await get(name);
    const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand({ ImageIds: [Value] }));
    return Images[0];
  };

  it("name the images that DescribeImages lists", async () => {
    expect(await imageOf(al2023)).to.deep.include({ OwnerId: "137112412989", Architecture: "x86_64" });
    expect((await imageOf(al2023))?.Name).to.match(/^al2023-ami-2023\./);
    expect((await imageOf(noble))?.Name).to.match(/^ubuntu\/images\/hvm-ssd-gp3\/ubuntu-noble-24\.04-arm64-server-/);
    expect((await imageOf(bookworm))?.Name).to.match(/^debian-12-amd64-/);
  });

  it("have a type, a version, a date and an ARN without an account", async () => {
    const { LastModifiedDate, Value, ...rest } = await get(al2023);
    expect(rest).to.deep.equal({
      Name: al2023,
      Type: "String",
      Version: 1,
      ARN: `arn:aws:ssm:us-east-1::parameter${al2023}`,
      DataType: "aws:ec2:image",
    });
    expect(LastModifiedDate).to.be.instanceOf(Date);
    expect(await get(`${rest.ARN}`)).to.deep.include({ Name: al2023, Value });
    expect(await get(`${al2023}:1`)).to.deep.include({ Name: al2023, Value, Selector: ":1" });
  });

  it("come several at once, and tell which are not there", async () => {
    const Names = [al2023, "/mine", bookworm];
    const { Parameters = [], InvalidParameters } = await ssm.send(new GetParametersCommand({ Names }));
    expect(Parameters.map(({ Name }) => Name)).to.deep.equal([al2023, bookworm]);
    expect(InvalidParameters).to.deep.equal(["/mine"]);
  });

  it("come by their path, in pages", async () => {
    const found: Parameter[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ssm.send(
        new GetParametersByPathCommand({ Path: "/aws/service", Recursive: true, MaxResults: 7, NextToken }),
      );
      expect(page.Parameters).to.have.length.within(1, 7);
      found.push(...(page.Parameters ?? []));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    const names = found.map(({ Name = "" }) => Name);
    expect(names).to.include.members([al2023, noble, bookworm]);
    expect(names).to.deep.equal([...new Set(names)].sort());
    const inFolder = { Path: "/aws/service/ami-amazon-linux-latest/" };
    const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand(inFolder));
    expect(Parameters.map(({ Name }) => Name)).to.include(al2023);
    expect((await ssm.send(new GetParametersByPathCommand({ Path: "/aws/service" }))).Parameters).to.deep.equal([]);
  });

  it("refuse what is not there, or not right", async () => {
    expect(await refusal(get("/aws/service/ami-amazon-linux-latest/none"))).to.include({ code: "ParameterNotFound" });
    expect(await refusal(get(`${al2023}:2`))).to.include({ code: "ParameterVersionNotFound", status: 400 });
    const byPath = (input: { Path: string; MaxResults?: number; NextToken?: string }) =>
      refusal(ssm.send(new GetParametersByPathCommand(input)));
    expect(await byPath({ Path: "aws" })).to.include({ code: "ValidationException" });
    expect(await byPath({ Path: "/aws", MaxResults: 11 })).to.include({ code: "ValidationException" });
    expect(await byPath({ Path: "/aws", NextToken: "x" })).to.include({ code: "InvalidNextToken" });
    const put = ssm.send(new PutParameterCommand({ Name: "/mine", Value: "x", Type: "String" }));
    expect(await refusal(put)).to.include({ code: "NotImplemented", status: 501 });
  });

  it("are the ImageId of a launch", async () => {
    const launch = (ImageId: string) =>
      aws.ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }));
    const { Instances = [] } = await launch(`resolve:ssm:${al2023}`);
    expect(Instances[0]?.ImageId).to.equal((await get(al2023)).Value);
    expect(await refusal(launch("resolve:ssm:/mine"))).to.include({ code: "InvalidParameterValue", status: 400 });
  });
});
