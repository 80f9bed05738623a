import type { Instance } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { dateTime, fromTags, isoTime, named, tagsSchema } from "./schemas.ts";

export const instanceSchema = named(
  "Instance",
  z.strictObject({
    id: z.string().meta({ examples: ["i-0123456789abcdef0"] }),
    name: z.string().nullable().describe("The tag `Name`."),
    state: z.string().describe("`pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`"),
    state_reason: z.string().nullable(),
    ami: z.string(),
    instance_type: z.string(),
    architecture: z.string().nullable(),
    key_name: z.string().nullable(),
    private_ip: z.string().nullable(),
    public_ip: z.string().nullable(),
    private_dns_name: z.string().nullable(),
    public_dns_name: z.string().nullable(),
    availability_zone: z.string().nullable(),
    vpc_id: z.string().nullable(),
    subnet_id: z.string().nullable(),
    launch_time: dateTime.nullable(),
    security_groups: z.array(z.strictObject({ id: z.string(), name: z.string() })),
    ssh_command: z
      .string()
      .nullable()
      .describe(
        "A shell command that opens a shell in the running instance, with the private key in the current folder.",
      )
      .meta({ examples: ["ssh -i key.pem -p 4522 ec2-user+i-0123456789abcdef0@127.0.0.1"] }),
    tags: tagsSchema,
  }),
);

/** The only bridge from the SDK's shape to this API's. */
export function toInstance(
  instance: Instance,
  ssh: { readonly host: string; readonly port: number } | undefined,
): z.input<typeof instanceSchema> {
  const tags = fromTags(instance.Tags);
  return {
    id: instance.InstanceId ?? "",
    name: tags.Name ?? null,
    state: instance.State?.Name ?? "pending",
    state_reason: instance.StateReason?.Message ?? null,
    ami: instance.ImageId ?? "",
    instance_type: instance.InstanceType ?? "",
    architecture: instance.Architecture ?? null,
    key_name: instance.KeyName ?? null,
    private_ip: instance.PrivateIpAddress || null,
    public_ip: instance.PublicIpAddress || null,
    private_dns_name: instance.PrivateDnsName || null,
    public_dns_name: instance.PublicDnsName || null,
    availability_zone: instance.Placement?.AvailabilityZone ?? null,
    vpc_id: instance.VpcId ?? null,
    subnet_id: instance.SubnetId ?? null,
    launch_time: isoTime(instance.LaunchTime),
    security_groups: (instance.SecurityGroups ?? []).map(({ GroupId = "", GroupName = "" }) => ({
      id: GroupId,
      name: GroupName,
    })),
    ssh_command: sshCommand(instance, ssh),
    tags,
  };
}

/** None for an instance that no key lets in, or where there is no gateway. */
function sshCommand(
  { InstanceId, KeyName, State }: Instance,
  ssh: { readonly host: string; readonly port: number } | undefined,
): string | null {
  if (ssh === undefined || KeyName === undefined || InstanceId === undefined || State?.Name !== "running") return null;
  const host = ssh.host === "0.0.0.0" || ssh.host === "::" ? "127.0.0.1" : ssh.host;
  return `ssh -i ${shellWord(`${KeyName}.pem`)} -p ${ssh.port} ec2-user+${InstanceId}@${host}`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
