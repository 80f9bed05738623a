import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { AuthContext } from "ssh2";
import ssh2 from "ssh2";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import { type AuthorizedKey, findKey } from "./authorized-key.ts";
import { type DefaultUsers, findGuestUser, type GuestUser } from "./guest-user.ts";

/** What the gateway knows of an instance. */
export interface SshInstance {
  readonly id: string;
  /** `ssh-ed25519 AAAA…`: of its key pair, if it has one. */
  readonly publicKey: string | undefined;
  /** False for one that boots. */
  readonly isRunning: boolean;
}

export interface Instances {
  readonly defaultUsers: DefaultUsers;
  /** An instance that runs or boots, by its id. */
  find(id: string): Promise<SshInstance | undefined>;
  /** Those whose key pair has this public key. */
  withKey(publicKey: string): Promise<readonly SshInstance[]>;
}

/** Who has come in, and where. */
export interface Login {
  readonly instanceId: string;
  readonly user: GuestUser;
  readonly key: AuthorizedKey;
}

/**
 * The instance and the user that a name means: `i-0123…`, `ec2-user+i-0123…` (or with `@`, `%` and `/` between), or a
 * user alone, which stands for the one running instance that has the key.
 */
function parseUserName(name: string): { user: string; instanceId?: string } {
  const match = /^(?:(.+)[+@%/])?(i-[0-9a-f]{8,17})$/.exec(name);
  if (match?.[2] === undefined) return { user: name };
  return { user: match[1] ?? "root", instanceId: match[2] };
}

interface LoginOptions {
  readonly machines: MachineDriver;
  readonly instances: Instances;
  readonly log: Logger;
}

/** Checks one attempt; undefined when it is refused. A client that only asks whether a key would do is told. */
export async function checkLogin(attempt: AuthContext, options: LoginOptions): Promise<Login | undefined> {
  if (attempt.method !== "publickey") return undefined;
  const { machines, instances } = options;
  const offered = `${attempt.key.algo.replace(/^rsa-sha2-(256|512)$/, "ssh-rsa")} ${attempt.key.data.toString("base64")}`;
  const { user: name, instanceId } = parseUserName(attempt.username);
  const instance = await whenItRuns(machines, () =>
    instanceId === undefined ? only(instances.withKey(offered)) : instances.find(instanceId),
  );
  if (instance === undefined) return undefined;
  const user = await findGuestUser(machines, instance.id, name, instances.defaultUsers);
  if (user === undefined) return undefined;
  // What a line of the user's own says holds for the key pair's key as well.
  const key = findKey([...user.keys, instance.publicKey ?? ""], offered);
  if (key === undefined || !isSigned(attempt)) return undefined;
  return { instanceId: instance.id, user, key };
}

/** Milliseconds that an instance may take to boot, as all embedded ones do at a start of LocalAWS. */
const bootGrace = 30_000;

/** The instance once it runs; undefined where there is none, or it does not come that far. */
async function whenItRuns(
  machines: MachineDriver,
  find: () => Promise<SshInstance | undefined>,
): Promise<SshInstance | undefined> {
  const deadline = performance.now() + bootGrace;
  do {
    const instance = await find();
    if (instance === undefined) return undefined;
    if (instance.isRunning && (await machines.get(instance.id))?.state === "running") return instance;
    await delay(100);
  } while (performance.now() < deadline);
  return undefined;
}

async function only(found: Promise<readonly SshInstance[]>): Promise<SshInstance | undefined> {
  const [first, ...others] = await found;
  return others.length === 0 ? first : undefined;
}

function isSigned(attempt: Extract<AuthContext, { method: "publickey" }>): boolean {
  if (attempt.signature === undefined || attempt.blob === undefined) return true;
  const key = ssh2.utils.parseKey(attempt.key.data);
  if (key instanceof Error) return false;
  return key.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true;
}
