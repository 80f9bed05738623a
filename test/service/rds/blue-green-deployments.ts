import {
  type BlueGreenDeployment,
  CreateBlueGreenDeploymentCommand,
  type CreateBlueGreenDeploymentCommandInput,
  DescribeBlueGreenDeploymentsCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { eventually } from "../../support/eventually.ts";
import { uniqueIdentifier } from "./db-instances.ts";
import { refused } from "./rejection.ts";

export function createDeployment(
  rds: RDSClient,
  Source: string,
  more: Partial<CreateBlueGreenDeploymentCommandInput> = {},
) {
  const BlueGreenDeploymentName = uniqueIdentifier();
  return rds.send(new CreateBlueGreenDeploymentCommand({ BlueGreenDeploymentName, Source, ...more }));
}

async function deploymentOf(rds: RDSClient, BlueGreenDeploymentIdentifier: string | undefined) {
  const request = new DescribeBlueGreenDeploymentsCommand({ BlueGreenDeploymentIdentifier });
  return (await rds.send(request)).BlueGreenDeployments?.[0];
}

export function untilDeployment(rds: RDSClient, id: string | undefined, status: string): Promise<BlueGreenDeployment> {
  return eventually(
    `${id} becomes ${status}`,
    async () => {
      const deployment = await deploymentOf(rds, id);
      const isFailed = /FAILED|INVALID/.test(deployment?.Status ?? "");
      if (isFailed && deployment?.Status !== status)
        throw new Error(`${deployment?.Status} ${deployment?.StatusDetails}`);
      return deployment?.Status === status && deployment;
    },
    120_000,
  );
}

export async function untilDeleted(rds: RDSClient, id: string | undefined): Promise<void> {
  const gone = "BlueGreenDeploymentNotFoundFault 404";
  await eventually(
    `${id} is deleted`,
    () =>
      deploymentOf(rds, id).then(
        () => false,
        async () => (await refused(deploymentOf(rds, id))) === gone,
      ),
    120_000,
  );
}

export const nameIn = (arn = "") => arn.slice(arn.lastIndexOf(":") + 1);
