import type { Service } from "../service.ts";

/**
 * Systems Manager: the public parameters that name AMIs, as RunInstances' `resolve:ssm:` and Terraform modules read them.
 *
 * **Gaps**
 * - Parameters of one's own (PutParameter), and everything else that Systems Manager does.
 * - Public parameters are those of the AMIs that DescribeImages lists, each with its latest value alone, as version 1.
 */
export const ssm: Service = {
  name: "ssm",
  protocol: "awsJson1_1",
  apiVersion: "2014-11-06",
  targetPrefix: "AmazonSSM",
  async load() {
    const [sdk, { operations }] = await Promise.all([import("@aws-sdk/client-ssm"), import("./operations.ts")]);
    return { sdk, operations };
  },
};
