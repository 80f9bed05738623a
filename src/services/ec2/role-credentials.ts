import { assumedRole, type RoleName } from "../../auth/assumed-role.ts";
import type { Credential } from "../../aws/principal.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredInstance } from "./instances.ts";

/** AWS's last six hours, and are replaced well before their end: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
const lifetimeSeconds = 6 * 3600;
const renewedBefore = 3600 * 1000;

interface Issued {
  readonly arn: string;
  readonly at: Date;
  readonly session: Credential & { sessionToken: string; expiration: Date };
}

/** The role of an instance profile: the one of its name, since profiles are names here and hold no role. */
export function roleOfProfile(profileArn: string): RoleName | undefined {
  const [, partition, accountId, name] =
    /^arn:([\w-]+):iam::(\d{12}):instance-profile\/(?:.*\/)?([^/]+)$/.exec(profileArn) ?? [];
  if (partition === undefined || accountId === undefined || name === undefined) return undefined;
  return { partition, accountId, name };
}

/** Temporary credentials of instances' roles, as the metadata service shows them: the same ones until they are renewed. */
export function createRoleCredentials({ credentials, now }: Pick<ServiceContext, "credentials" | "now">) {
  const issued = new Map<string, Issued>();

  async function issue(instanceId: string, profileArn: string): Promise<Issued | undefined> {
    const role = roleOfProfile(profileArn);
    if (role === undefined) return undefined;
    for (const [id, { session }] of issued) if (session.expiration <= now()) issued.delete(id);
    const roleArn = `arn:${role.partition}:iam::${role.accountId}:role/${role.name}`;
    const principal = assumedRole(role, roleArn, instanceId);
    const session = await credentials.issueSession({ principal, durationSeconds: lifetimeSeconds });
    const made = { arn: profileArn, at: now(), session };
    issued.set(instanceId, made);
    return made;
  }

  /** The document at `iam/security-credentials/<role>`; undefined for an instance without a profile. */
  return async ({ InstanceId = "", IamInstanceProfile }: StoredInstance): Promise<string | undefined> => {
    if (IamInstanceProfile?.Arn === undefined) return undefined;
    const had = issued.get(InstanceId);
    const isGood =
      had?.arn === IamInstanceProfile.Arn && had.session.expiration.getTime() - now().getTime() > renewedBefore;
    const found = isGood ? had : await issue(InstanceId, IamInstanceProfile.Arn);
    if (found === undefined) return undefined;
    return metadataJson({
      Code: "Success",
      LastUpdated: metadataTime(found.at),
      Type: "AWS-HMAC",
      AccessKeyId: found.session.accessKeyId,
      SecretAccessKey: found.session.secretAccessKey,
      Token: found.session.sessionToken,
      Expiration: metadataTime(found.session.expiration),
    });
  };
}

/** As AWS writes its documents: one member a line. */
export function metadataJson(document: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(document).map(
    ([name, value]) => `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`,
  );
  return `{\n${members.join(",\n")}\n}`;
}

/** Without milliseconds: `2012-04-26T16:39:16Z`. */
export function metadataTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
