import type { Service } from "../service.ts";

export const iam: Service = {
  name: "iam",
  protocol: "awsQuery",
  apiVersion: "2010-05-08",
  xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  missingMemberCode: "ValidationError",
  async load() {
    const [sdk, { operations }] = await Promise.all([import("@aws-sdk/client-iam"), import("./operations.ts")]);
    return { sdk, operations };
  },
};
