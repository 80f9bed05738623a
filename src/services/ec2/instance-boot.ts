import { buffer } from "node:stream/consumers";
import type { MetadataFolder } from "../../aws/metadata-tree.ts";
import { bootCommand, bootScript } from "../../cloud-init/boot-script.ts";
import { expandUserData, fetchCommand, type Included } from "../../cloud-init/included.ts";
import { type InstanceFacts, instanceData, type MetaData } from "../../cloud-init/instance-data.ts";
import type { ServiceContext } from "../service-context.ts";
import { metaData } from "./instance-metadata.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { findKeyPair } from "./key-pairs.ts";
import { completeResources, findResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

/**
 * After each start of a machine: hands its user data over to it, which runs it on its own. What fails there is told on its
 * console and holds nothing up. Where there is neither user data nor a key, nothing runs in the machine: it takes the engine as long
 * as a third of a launch.
 */
export async function bootMachine(services: ServiceContext, scope: Scope, id: string): Promise<void> {
  if (services.machines.kind === "records") return;
  const instance = await findResource(scope, instances, id);
  if (instance === undefined || instance.State.Name !== "running") return;
  if (instance.UserData === undefined && instance.SshPublicKey === undefined) {
    if (instance.BootedBare !== true) await changeBoot(scope, id, { BootedBare: true });
    return;
  }
  const userData = instance.UserData === undefined ? undefined : Buffer.from(instance.UserData, "base64");
  const facts = await factsOf(scope, instance);
  try {
    const script = bootScript({
      instanceId: id,
      image: instance.DockerImage,
      isFirst: instance.BootedBare === true ? false : undefined,
      userData,
      included: await fetchIncluded(services, id, userData, facts),
      publicKey: instance.SshPublicKey,
      facts,
    });
    const program = await services.machines.spawn(id, bootCommand);
    program.stdin.end(script);
    const [, stderr] = await Promise.all([buffer(program.stdout), buffer(program.stderr)]);
    const { exitCode } = await program.exited;
    if (exitCode !== 0) throw new Error(String(stderr).trim() || `exit code ${exitCode}`);
  } catch (error) {
    services.log.info({ err: error, instance: id }, "an instance takes no user data");
    if (instance.UserData === undefined) return;
    const words = error instanceof Error ? error.message : String(error);
    const line = `cloud-init: the user data was not run, which takes an image with /bin/sh: ${words.split("\n")[0]}`;
    await changeBoot(scope, id, { ConsoleNotes: [line] });
  }
}

/** What is put into a script at the most, of each URL. */
const maxIncluded = 8 * 1024 * 1024;

/** By a program of the machine: what it may reach is what its own would. */
async function fetchIncluded(
  { machines, log }: ServiceContext,
  id: string,
  userData: Buffer | undefined,
  facts: InstanceFacts,
): Promise<Included> {
  const included = new Map<string, Buffer | undefined>();
  for (;;) {
    const [url] = expandUserData(userData, instanceData(facts), included).missing;
    if (url === undefined) return included;
    const program = await machines.spawn(id, fetchCommand(id, url));
    program.stdin.end();
    program.stderr.resume();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of program.stdout) {
      size += (chunk as Buffer).length;
      if (size <= maxIncluded) chunks.push(chunk as Buffer);
    }
    const { exitCode } = await program.exited;
    const isThere = exitCode === 0 && size <= maxIncluded;
    if (!isThere) log.info({ instance: id, url, exitCode, size }, "what user data includes could not be fetched");
    included.set(url, isThere ? Buffer.concat(chunks) : undefined);
  }
}

async function factsOf(scope: Scope, instance: StoredInstance): Promise<InstanceFacts> {
  await completeResources(scope, instances, [instance]);
  return {
    instanceId: instances.idOf(instance),
    region: scope.region,
    availabilityZone: instance.Placement?.AvailabilityZone ?? "",
    hostName: instance.PrivateDnsName ?? "",
    publicKeys: instance.SshPublicKey === undefined ? [] : [instance.SshPublicKey],
    metaData: textsOf(await metaData(scope, instance, undefined)),
  };
}

function textsOf(folder: MetadataFolder): MetaData {
  const entries = Object.entries(folder).flatMap(([name, node]) => {
    if (typeof node === "string") return [[name, node]];
    return typeof node === "object" && !(node instanceof Uint8Array) ? [[name, textsOf(node)]] : [];
  });
  return Object.fromEntries(entries);
}

/** Keeps the key of an instance's key pair with it. */
export async function keepPublicKey(scope: Scope, id: string): Promise<void> {
  await inTransaction(scope, async (transaction) => {
    const instance = await findResource(transaction, instances, id);
    if (instance?.KeyName === undefined || instance.SshPublicKey !== undefined) return;
    const pair = await findKeyPair(transaction, instance.KeyName);
    if (pair?.PublicKey === undefined) return;
    instance.SshPublicKey = pair.PublicKey;
    await updateResource(transaction, instances, instance);
  });
}

async function changeBoot(scope: Scope, id: string, changes: Pick<StoredInstance, "BootedBare" | "ConsoleNotes">) {
  await inTransaction(scope, async (transaction) => {
    const instance = await findResource(transaction, instances, id);
    if (instance !== undefined) await updateResource(transaction, instances, { ...instance, ...changes });
  });
}
