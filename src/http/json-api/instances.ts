import type { _InstanceType } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { App } from "../app.ts";
import type { CallOperation } from "../call-operation.ts";
import { instanceSchema, toInstance } from "./instance.ts";
import { type Route, route } from "./route.ts";
import { dateTime, isoTime, named, nextToken, pageQuery, tagSpecifications, tagsSchema } from "./schemas.ts";

const newInstance = named(
  "NewInstance",
  z.strictObject({
    ami: z
      .string()
      .describe("An AMI id of `GET /ec2/images`, or a Docker image.")
      .meta({ examples: ["alpine:latest"] }),
    instance_type: z
      .string()
      .default("t2.micro")
      .meta({ examples: ["t2.micro"] }),
    name: z.string().max(256).optional().describe("Becomes the tag `Name`."),
    key_name: z.string().optional(),
    user_data: z.string().optional().describe("Text, not base64: a script that begins with #!, or #cloud-config."),
    count: z.int().min(1).max(100).default(1),
    security_group_ids: z.array(z.string()).optional(),
    subnet_id: z.string().optional(),
    tags: tagsSchema.optional(),
  }),
);

const launched = named(
  "LaunchedInstance",
  instanceSchema.extend({
    instances: z.array(instanceSchema).describe("All that were launched; the members beside it are the first one's."),
  }),
);

const instanceList = named(
  "InstanceList",
  z.strictObject({ instances: z.array(instanceSchema), next_token: nextToken }),
);

const consoleOutput = named(
  "ConsoleOutput",
  z.strictObject({
    output: z.string().describe("What the machine has written since its last start, cut to the last 64 KiB."),
    timestamp: dateTime.nullable(),
  }),
);

const actions = [
  { name: "start", operation: "StartInstances", summary: "Start a stopped instance" },
  { name: "stop", operation: "StopInstances", summary: "Stop a running instance" },
  { name: "reboot", operation: "RebootInstances", summary: "Reboot an instance" },
] as const;

export const instanceRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "POST", path: "/ec2/instances", tag: "ec2", status: 201 },
      summary: "Launch instances",
      body: newInstance,
      reply: launched,
      errors: [400, 404],
    },
    async ({ body, call, app }) => {
      const { Instances = [] } = await call("ec2", "RunInstances", {
        ImageId: body.ami,
        // The operation refuses what is no instance type.
        InstanceType: body.instance_type as _InstanceType,
        MinCount: body.count,
        MaxCount: body.count,
        KeyName: body.key_name,
        SecurityGroupIds: body.security_group_ids,
        SubnetId: body.subnet_id,
        ...(body.user_data ? { UserData: Buffer.from(body.user_data, "utf8").toString("base64") } : {}),
        ...tagSpecifications("instance", body),
      });
      const instances = Instances.map((instance) => toInstance(instance, app.ssh));
      const [first] = instances;
      if (first === undefined) throw new Error("RunInstances gave no instance.");
      return { ...first, instances };
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/ec2/instances", tag: "ec2" },
      summary: "List instances",
      query: pageQuery(5, 1000),
      reply: instanceList,
      errors: [400],
    },
    async ({ query, call, app }) => {
      const { Reservations = [], NextToken } = await call("ec2", "DescribeInstances", {
        MaxResults: query.limit,
        NextToken: query.next_token,
      });
      const instances = Reservations.flatMap(({ Instances = [] }) =>
        Instances.map((instance) => toInstance(instance, app.ssh)),
      );
      return { instances, next_token: NextToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/ec2/instances/{id}", tag: "ec2" },
      summary: "Describe an instance",
      reply: instanceSchema,
      errors: [400, 404],
    },
    (request) => describe(request),
  ),
  ...actions.map(({ name, operation, summary }) =>
    route(
      {
        ...{ method: "POST", path: `/ec2/instances/{id}/${name}`, tag: "ec2", summary },
        reply: instanceSchema,
        errors: [400, 404, 409],
      },
      async (request) => {
        await request.call("ec2", operation, { InstanceIds: [request.params.id] });
        return describe(request);
      },
    ),
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/instances/{id}", tag: "ec2" },
      summary: "Terminate an instance",
      reply: instanceSchema,
      errors: [400, 404],
    },
    async (request) => {
      await request.call("ec2", "TerminateInstances", { InstanceIds: [request.params.id] });
      return describe(request);
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/ec2/instances/{id}/console-output", tag: "ec2" },
      summary: "Read an instance's console output",
      reply: consoleOutput,
      errors: [400, 404],
    },
    async ({ params, call }) => {
      const { Output = "", Timestamp } = await call("ec2", "GetConsoleOutput", { InstanceId: params.id });
      return { output: Buffer.from(Output, "base64").toString("utf8"), timestamp: isoTime(Timestamp) };
    },
  ),
];

interface InstanceRequest {
  readonly params: { readonly id: string };
  readonly call: CallOperation;
  readonly app: App;
}

async function describe({ params: { id }, call, app }: InstanceRequest) {
  const { Reservations = [] } = await call("ec2", "DescribeInstances", { InstanceIds: [id] });
  const instance = Reservations[0]?.Instances?.[0];
  if (instance === undefined) {
    throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`, 400);
  }
  return toInstance(instance, app.ssh);
}
