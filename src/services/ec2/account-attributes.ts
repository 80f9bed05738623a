import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { maxInstances } from "./launch-instances.ts";
import { findDefaultVpc } from "./vpcs.ts";

export const accountAttributeOperations = {
  async DescribeAccountAttributes(ctx, input) {
    const values: Readonly<Record<string, string>> = {
      "supported-platforms": "VPC",
      "default-vpc": (await findDefaultVpc(ctx))?.VpcId ?? "none",
      "max-instances": String(maxInstances),
      "vpc-max-security-groups-per-interface": "5",
      "max-elastic-ips": "5",
      "vpc-max-elastic-ips": "5",
    };
    const unknown = (input.AttributeNames ?? []).find((name) => !Object.hasOwn(values, name));
    if (unknown !== undefined) {
      throw invalidParameterValue(`Value (${unknown}) for parameter attributeName is invalid. Unknown attribute.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    const names = new Set<string>(input.AttributeNames);
    return {
      AccountAttributes: Object.entries(values)
        .filter(([name]) => names.size === 0 || names.has(name))
        .map(([AttributeName, AttributeValue]) => ({ AttributeName, AttributeValues: [{ AttributeValue }] })),
    };
  },
} satisfies Operations<typeof Ec2, Context>;
