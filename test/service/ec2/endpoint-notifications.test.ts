import {
  CreateVpcEndpointConnectionNotificationCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  DeleteVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  ModifyVpcEndpointConnectionNotificationCommand,
  ModifyVpcEndpointServicePayerResponsibilityCommand,
  StartVpcEndpointServicePrivateDnsVerificationCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";

describe("ec2 notifications of endpoint services", () => {
  let aws: TestServer;
  let ServiceId: string;
  const topic = "arn:aws:sns:us-east-1:000000000000:endpoints";
  before(async () => {
    aws = await startLocalAws();
    const balancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/one/0123456789abcdef";
    const { ServiceConfiguration } = await aws.ec2.send(
      new CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: [balancer] }),
    );
    ServiceId = ServiceConfiguration?.ServiceId ?? "";
  });
  after(() => aws.stop());

  it("are created, changed and deleted", async () => {
    const input = { ServiceId, ConnectionNotificationArn: topic, ConnectionEvents: ["Accept", "Reject"] };
    const { ConnectionNotification } = await aws.ec2.send(new CreateVpcEndpointConnectionNotificationCommand(input));
    const ConnectionNotificationId = ConnectionNotification?.ConnectionNotificationId ?? "";
    expect(ConnectionNotification).to.deep.include({ ...input, ConnectionNotificationState: "Enabled" });
    const change = { ConnectionNotificationId, ConnectionEvents: ["Delete"] };
    await aws.ec2.send(new ModifyVpcEndpointConnectionNotificationCommand(change));
    const Filters = [{ Name: "service-id", Values: [ServiceId] }];
    const listed = await aws.ec2.send(new DescribeVpcEndpointConnectionNotificationsCommand({ Filters }));
    expect(only(listed.ConnectionNotificationSet).ConnectionEvents).to.deep.equal(["Delete"]);
    const ConnectionNotificationIds = [ConnectionNotificationId, "vpce-nfn-0123456789abcdef0"];
    const deleted = await aws.ec2.send(
      new DeleteVpcEndpointConnectionNotificationsCommand({ ConnectionNotificationIds }),
    );
    expect(only(deleted.Unsuccessful).Error?.Code).to.equal("InvalidConnectionNotification");
    const gone = aws.ec2.send(new DescribeVpcEndpointConnectionNotificationsCommand({ ConnectionNotificationId }));
    expect(await codeOf(gone)).to.equal("InvalidConnectionNotification");
  });

  it("an event that there is not, and what is no topic, are refused", async () => {
    const input = { ServiceId, ConnectionNotificationArn: topic, ConnectionEvents: ["Explode"] };
    expect(await codeOf(aws.ec2.send(new CreateVpcEndpointConnectionNotificationCommand(input)))).to.equal(
      "InvalidParameterValue",
    );
    const queue = { ...input, ConnectionEvents: ["Accept"], ConnectionNotificationArn: "arn:aws:sqs:us-east-1:0:q" };
    expect(await codeOf(aws.ec2.send(new CreateVpcEndpointConnectionNotificationCommand(queue)))).to.equal(
      "InvalidParameterValue",
    );
  });

  it("the owner of a service may pay for its endpoints", async () => {
    const PayerResponsibility = "ServiceOwner";
    await aws.ec2.send(new ModifyVpcEndpointServicePayerResponsibilityCommand({ ServiceId, PayerResponsibility }));
    const ServiceIds = [ServiceId];
    const { ServiceConfigurations } = await aws.ec2.send(
      new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds }),
    );
    expect(only(ServiceConfigurations)).to.include({ PayerResponsibility });
    const verify = new StartVpcEndpointServicePrivateDnsVerificationCommand({ ServiceId });
    expect(await codeOf(aws.ec2.send(verify))).to.equal("InvalidParameter");
  });
});
