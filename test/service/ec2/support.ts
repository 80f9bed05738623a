import {
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
  type InstanceStateName,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";

let names = 0;

/** A name that no other test of this process has. */
export function uniqueName(base: string): string {
  names += 1;
  return `${base}-${names}`;
}

/** Starts instances of a small image; `overrides` changes the request. */
export async function run(ec2: EC2Client, overrides: Partial<RunInstancesCommandInput> = {}): Promise<Instance[]> {
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: "alpine:latest",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      ...overrides,
    }),
  );
  return Instances;
}

/** One instance that is running; its id. */
export async function runOne(ec2: EC2Client, overrides: Partial<RunInstancesCommandInput> = {}): Promise<string> {
  const [instance] = await run(ec2, overrides);
  const id = instance?.InstanceId ?? "";
  await untilState(ec2, id, "running");
  return id;
}

export async function describeOne(ec2: EC2Client, id: string): Promise<Instance> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = Reservations[0]?.Instances?.[0];
  if (instance === undefined) throw new Error(`no instance ${id}`);
  return instance;
}

/** Polls until the instance has this state. */
export function untilState(ec2: EC2Client, id: string, state: InstanceStateName): Promise<Instance> {
  return eventually(`${id} is ${state}`, async () => {
    const instance = await describeOne(ec2, id);
    return instance.State?.Name === state && instance;
  });
}

/** The error with which a request is refused: its code, status and message. */
export async function refusal(sent: Promise<unknown>): Promise<{ code: string; status: number; message: string }> {
  const error: unknown = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, "the request was not refused").to.be.instanceOf(Error);
  if (!(error instanceof Error)) throw new Error("the request was not refused");
  const metadata: unknown = Reflect.get(error, "$metadata");
  const status =
    typeof metadata === "object" && metadata !== null ? Number(Reflect.get(metadata, "httpStatusCode")) : 0;
  return { code: error.name, status, message: error.message };
}
