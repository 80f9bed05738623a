import {
  AttachVerifiedAccessTrustProviderCommand,
  CreateVerifiedAccessEndpointCommand,
  CreateVerifiedAccessGroupCommand,
  CreateVerifiedAccessInstanceCommand,
  CreateVerifiedAccessTrustProviderCommand,
  DeleteVerifiedAccessEndpointCommand,
  DeleteVerifiedAccessGroupCommand,
  DeleteVerifiedAccessInstanceCommand,
  DeleteVerifiedAccessTrustProviderCommand,
  DescribeSubnetsCommand,
  DescribeVerifiedAccessEndpointsCommand,
  DescribeVerifiedAccessGroupsCommand,
  DescribeVerifiedAccessInstanceLoggingConfigurationsCommand,
  DescribeVerifiedAccessInstancesCommand,
  DescribeVerifiedAccessTrustProvidersCommand,
  DetachVerifiedAccessTrustProviderCommand,
  GetVerifiedAccessEndpointPolicyCommand,
  GetVerifiedAccessGroupPolicyCommand,
  ModifyVerifiedAccessEndpointCommand,
  ModifyVerifiedAccessEndpointPolicyCommand,
  ModifyVerifiedAccessGroupCommand,
  ModifyVerifiedAccessGroupPolicyCommand,
  ModifyVerifiedAccessInstanceCommand,
  ModifyVerifiedAccessInstanceLoggingConfigurationCommand,
  ModifyVerifiedAccessTrustProviderCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

const oidc = {
  Issuer: "https://id.example.com",
  AuthorizationEndpoint: "https://id.example.com/authorize",
  TokenEndpoint: "https://id.example.com/token",
  UserInfoEndpoint: "https://id.example.com/user",
  ClientId: "client",
  ClientSecret: "hidden",
  Scope: "openid",
};

describe("ec2 Verified Access", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function newInstance(): Promise<string> {
    const { VerifiedAccessInstance } = await aws.ec2.send(
      new CreateVerifiedAccessInstanceCommand({ Description: "in" }),
    );
    return VerifiedAccessInstance?.VerifiedAccessInstanceId ?? "";
  }

  async function newProvider(): Promise<string> {
    const { VerifiedAccessTrustProvider } = await aws.ec2.send(
      new CreateVerifiedAccessTrustProviderCommand({
        PolicyReferenceName: "idp",
        TrustProviderType: "user",
        UserTrustProviderType: "oidc",
        OidcOptions: oidc,
      }),
    );
    return VerifiedAccessTrustProvider?.VerifiedAccessTrustProviderId ?? "";
  }

  it("trust providers are checked, hide their secrets, and are attached to instances", async () => {
    const incomplete = { PolicyReferenceName: "idp", TrustProviderType: "user" } as const;
    for (const request of [
      { ...incomplete },
      { ...incomplete, UserTrustProviderType: "oidc" } as const,
      { ...incomplete, TrustProviderType: "device" } as const,
    ]) {
      expect(await refusal(aws.ec2.send(new CreateVerifiedAccessTrustProviderCommand(request)))).to.include({
        code: "MissingParameter",
      });
    }
    const VerifiedAccessTrustProviderId = await newProvider();
    const VerifiedAccessInstanceId = await newInstance();
    const changed = await aws.ec2.send(
      new ModifyVerifiedAccessTrustProviderCommand({
        VerifiedAccessTrustProviderId,
        Description: "staff",
        OidcOptions: { Scope: "openid email", ClientSecret: "other" },
      }),
    );
    expect(changed.VerifiedAccessTrustProvider?.OidcOptions).to.deep.equal({
      ...oidc,
      Scope: "openid email",
      ClientSecret: "*****",
    });
    const both = { VerifiedAccessInstanceId, VerifiedAccessTrustProviderId };
    await aws.ec2.send(new AttachVerifiedAccessTrustProviderCommand(both));
    const found = await aws.ec2.send(
      new DescribeVerifiedAccessInstancesCommand({ VerifiedAccessInstanceIds: [VerifiedAccessInstanceId] }),
    );
    expect(found.VerifiedAccessInstances?.[0]?.VerifiedAccessTrustProviders?.[0]).to.include({
      VerifiedAccessTrustProviderId,
      Description: "staff",
      UserTrustProviderType: "oidc",
    });
    for (const refused of [
      new DeleteVerifiedAccessInstanceCommand({ VerifiedAccessInstanceId }),
      new DeleteVerifiedAccessTrustProviderCommand({ VerifiedAccessTrustProviderId }),
    ]) {
      expect(await refusal(aws.ec2.send(refused as DeleteVerifiedAccessInstanceCommand))).to.include({
        code: "DependencyViolation",
      });
    }
    await aws.ec2.send(new DetachVerifiedAccessTrustProviderCommand(both));
    expect(await refusal(aws.ec2.send(new DetachVerifiedAccessTrustProviderCommand(both)))).to.include({
      code: "InvalidParameterValue",
    });
    await aws.ec2.send(new DeleteVerifiedAccessTrustProviderCommand({ VerifiedAccessTrustProviderId }));
    const left = aws.ec2.send(
      new DescribeVerifiedAccessTrustProvidersCommand({
        VerifiedAccessTrustProviderIds: [VerifiedAccessTrustProviderId],
      }),
    );
    expect(await refusal(left)).to.include({ code: "InvalidVerifiedAccessTrustProviderId.NotFound" });
  });

  it("instances log to the destinations that are switched on", async () => {
    const VerifiedAccessInstanceId = await newInstance();
    const described = async () => {
      const { LoggingConfigurations } = await aws.ec2.send(
        new DescribeVerifiedAccessInstanceLoggingConfigurationsCommand({
          VerifiedAccessInstanceIds: [VerifiedAccessInstanceId],
        }),
      );
      return LoggingConfigurations?.[0]?.AccessLogs;
    };
    expect(await described()).to.deep.include({ S3: { Enabled: false }, IncludeTrustContext: false });
    const AccessLogs = { S3: { Enabled: true, BucketName: "logs", Prefix: "va/" }, IncludeTrustContext: true };
    await aws.ec2.send(
      new ModifyVerifiedAccessInstanceLoggingConfigurationCommand({ VerifiedAccessInstanceId, AccessLogs }),
    );
    expect(await described()).to.deep.include({
      S3: { ...AccessLogs.S3, DeliveryStatus: { Code: "success" } },
      CloudWatchLogs: { Enabled: false },
      IncludeTrustContext: true,
    });
    const changed = await aws.ec2.send(
      new ModifyVerifiedAccessInstanceCommand({ VerifiedAccessInstanceId, Description: "other" }),
    );
    expect(changed.VerifiedAccessInstance).to.include({ Description: "other", FipsEnabled: false });
  });

  it("groups and endpoints have policies", async () => {
    const VerifiedAccessInstanceId = await newInstance();
    const PolicyDocument = "permit(principal, action, resource);";
    const { VerifiedAccessGroup } = await aws.ec2.send(
      new CreateVerifiedAccessGroupCommand({ VerifiedAccessInstanceId, PolicyDocument }),
    );
    const { VerifiedAccessGroupId = "" } = VerifiedAccessGroup ?? {};
    expect(VerifiedAccessGroup?.VerifiedAccessGroupArn).to.equal(
      `arn:aws:ec2:us-east-1:000000000000:verified-access-group/${VerifiedAccessGroupId}`,
    );
    const group = await aws.ec2.send(new GetVerifiedAccessGroupPolicyCommand({ VerifiedAccessGroupId }));
    expect(group).to.include({ PolicyEnabled: true, PolicyDocument });
    await aws.ec2.send(new ModifyVerifiedAccessGroupPolicyCommand({ VerifiedAccessGroupId, PolicyEnabled: false }));
    await aws.ec2.send(new ModifyVerifiedAccessGroupCommand({ VerifiedAccessGroupId, Description: "staff" }));
    const groups = await aws.ec2.send(new DescribeVerifiedAccessGroupsCommand({ VerifiedAccessInstanceId }));
    expect(groups.VerifiedAccessGroups?.[0])
      .to.include({ Description: "staff" })
      .and.not.to.have.property("PolicyEnabled");

    const { Subnets } = await aws.ec2.send(new DescribeSubnetsCommand({}));
    const request = {
      VerifiedAccessGroupId,
      EndpointType: "cidr",
      AttachmentType: "vpc",
      CidrOptions: {
        Cidr: "172.31.0.0/24",
        Protocol: "tcp",
        PortRanges: [{ FromPort: 22, ToPort: 22 }],
        SubnetIds: [Subnets?.[0]?.SubnetId ?? ""],
      },
    } as const;
    const made = await aws.ec2.send(
      new CreateVerifiedAccessEndpointCommand({
        ...request,
        CidrOptions: {
          ...request.CidrOptions,
          SubnetIds: [...request.CidrOptions.SubnetIds],
          PortRanges: [...request.CidrOptions.PortRanges],
        },
      }),
    );
    expect(made.VerifiedAccessEndpoint?.Status?.Code).to.equal("pending");
    const { VerifiedAccessEndpointId = "" } = made.VerifiedAccessEndpoint ?? {};
    await aws.ec2.send(new ModifyVerifiedAccessEndpointCommand({ VerifiedAccessEndpointId, Description: "hosts" }));
    const endpoints = await aws.ec2.send(new DescribeVerifiedAccessEndpointsCommand({ VerifiedAccessGroupId }));
    expect(endpoints.VerifiedAccessEndpoints?.[0]).to.deep.include({
      VerifiedAccessInstanceId,
      Description: "hosts",
      Status: { Code: "active" },
    });
    const endpoint = { VerifiedAccessEndpointId };
    expect(await aws.ec2.send(new GetVerifiedAccessEndpointPolicyCommand(endpoint))).to.include({
      PolicyEnabled: false,
    });
    const bare = aws.ec2.send(new ModifyVerifiedAccessEndpointPolicyCommand({ ...endpoint, PolicyEnabled: true }));
    expect(await refusal(bare)).to.include({ code: "InvalidParameterCombination" });
    await aws.ec2.send(new ModifyVerifiedAccessEndpointPolicyCommand({ ...endpoint, PolicyDocument }));
    expect(await aws.ec2.send(new GetVerifiedAccessEndpointPolicyCommand(endpoint))).to.include({
      PolicyEnabled: true,
    });

    const used = aws.ec2.send(new DeleteVerifiedAccessGroupCommand({ VerifiedAccessGroupId }));
    expect(await refusal(used)).to.include({ code: "DependencyViolation" });
    await aws.ec2.send(new DeleteVerifiedAccessEndpointCommand(endpoint));
    const deleted = await aws.ec2.send(new DeleteVerifiedAccessGroupCommand({ VerifiedAccessGroupId }));
    expect(deleted.VerifiedAccessGroup?.DeletionTime).to.match(/^\d{4}-/);
    await aws.ec2.send(new DeleteVerifiedAccessInstanceCommand({ VerifiedAccessInstanceId }));
  });
});
