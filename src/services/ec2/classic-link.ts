import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { unsupportedOperation } from "./errors.ts";

/** EC2-Classic is no more. AWS answers this, and Terraform's older providers, which ask of every VPC, take it for a no. */
function refuse(): never {
  throw unsupportedOperation("The functionality you requested is not available in this region.");
}

export const classicLinkOperations = {
  AttachClassicLinkVpc: refuse,
  DescribeClassicLinkInstances: refuse,
  DescribeVpcClassicLink: refuse,
  DescribeVpcClassicLinkDnsSupport: refuse,
  DetachClassicLinkVpc: refuse,
  DisableVpcClassicLink: refuse,
  DisableVpcClassicLinkDnsSupport: refuse,
  EnableVpcClassicLink: refuse,
  EnableVpcClassicLinkDnsSupport: refuse,
} satisfies Operations<typeof Ec2, Context>;
