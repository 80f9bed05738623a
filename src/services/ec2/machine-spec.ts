import type { MachineSpec } from "../../runtime/machine-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { instanceEndpoint } from "./instance-endpoint.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { machineNetworkOf } from "./machine-place.ts";
import type { Scope } from "./scope.ts";
import { readTags } from "./stored-tags.ts";

/** What the machine of an instance is made of. */
export async function machineSpecOf(
  { machines }: ServiceContext,
  scope: Scope,
  instance: StoredInstance,
): Promise<MachineSpec> {
  const id = instances.idOf(instance);
  const type = getInstanceType(instance.InstanceType ?? "");
  const name = (await readTags(scope, "instance", [id])).get(id)?.find((tag) => tag.Key === "Name")?.Value;
  const { CoreCount = 1, ThreadsPerCore = 1 } = instance.CpuOptions ?? {};
  return {
    id,
    image: instance.DockerImage,
    hostName: (instance.PrivateDnsName ?? id).split(".")[0] ?? id,
    cpus: CoreCount * ThreadsPerCore,
    memoryBytes: (type.MemoryInfo?.SizeInMiB ?? 1024) * 1024 * 1024,
    network: await machineNetworkOf(scope, instance),
    env: machines.serves ? { AWS_ENDPOINT_URL: instanceEndpoint } : {},
    labels: {
      "localaws.account": scope.accountId,
      "localaws.region": scope.region,
      ...(name === undefined ? {} : { "localaws.name": name }),
    },
  };
}
