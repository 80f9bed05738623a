import type { AnalysisComponent } from "@aws-sdk/client-ec2";
import { ownValue } from "../../aws/own-value.ts";
import { invalidParameterValue } from "./errors.ts";
import { instances } from "./instances.ts";
import { internetGateways } from "./internet-gateways.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { getResource, type Resource } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** What components are called in ARNs, by the prefix of their ids. */
const kinds: Readonly<Record<string, string>> = {
  acl: "network-acl",
  eni: "network-interface",
  i: "instance",
  igw: "internet-gateway",
  nat: "natgateway",
  pcx: "vpc-peering-connection",
  rtb: "route-table",
  sg: "security-group",
  subnet: "subnet",
  vpc: "vpc",
};

type Check = (scope: Scope, id: string) => Promise<void>;

/** Where a path may begin and end. */
const ends: Readonly<Record<string, Check>> = {
  i: checkIn(instances),
  eni: checkIn(networkInterfaces),
  igw: checkIn(internetGateways),
};

/** @throws AwsError for what is not there, and for what analyses here do not begin and end at */
export async function checkComponent(scope: Scope, id: string): Promise<void> {
  const check = ownValue(ends, prefixOf(id));
  if (check === undefined) {
    throw invalidParameterValue(
      `'${id}' is not supported: paths lead from and to instances, network interfaces and internet gateways.`,
    );
  }
  await check(scope, id);
}

export function arnOfComponent({ region, accountId }: Scope, id: string): string {
  return `arn:aws:ec2:${region}:${accountId}:${ownValue(kinds, prefixOf(id)) ?? prefixOf(id)}/${id}`;
}

export function toComponent(scope: Scope, id = ""): AnalysisComponent {
  return { Id: id, Arn: arnOfComponent(scope, id) };
}

function prefixOf(id: string): string {
  return id.split("-")[0] ?? "";
}

function checkIn<Shape>(resource: Resource<Shape>): Check {
  return async (scope, id) => {
    await getResource(scope, resource, id);
  };
}
