import { timingSafeEqual } from "node:crypto";
import type { Logger } from "pino";
import type { AuthContext } from "ssh2";
import ssh2 from "ssh2";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import { authorizedKeys, findGuestUser, type GuestUser } from "./guest-user.ts";

/** What the gateway knows of an instance. */
export interface SshInstance {
  readonly id: string;
  /** `ssh-ed25519 AAAA…`: of its key pair, if it has one. */
  readonly publicKey: string | undefined;
}

export interface Instances {
  /** A running instance, by its id. */
  find(id: string): Promise<SshInstance | undefined>;
  /** Running instances whose key pair has this public key. */
  withKey(publicKey: string): Promise<readonly SshInstance[]>;
}

/** Who has come in, and where. */
export interface Login {
  readonly instanceId: string;
  readonly user: GuestUser;
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
  const instance = instanceId === undefined ? await only(instances.withKey(offered)) : await instances.find(instanceId);
  if (instance === undefined) return undefined;
  const user = await findGuestUser(machines, instance.id, name);
  const keys = [instance.publicKey ?? ""];
  if (!keys.some((key) => isKey(key, offered))) keys.push(...(await authorizedKeys(machines, instance.id, user)));
  if (!keys.some((key) => isKey(key, offered)) || !isSigned(attempt)) return undefined;
  return { instanceId: instance.id, user };
}

async function only(found: Promise<readonly SshInstance[]>): Promise<SshInstance | undefined> {
  const [first, ...others] = await found;
  return others.length === 0 ? first : undefined;
}

/** A line of `authorized_keys` may have options before the key and a comment after it. */
function isKey(line: string, offered: string): boolean {
  const known = /(?:^|\s)((?:ssh-|ecdsa-)\S+ [A-Za-z0-9+/=]+)/.exec(line)?.[1];
  if (known === undefined) return false;
  const [one, other] = [Buffer.from(known), Buffer.from(offered)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function isSigned(attempt: Extract<AuthContext, { method: "publickey" }>): boolean {
  if (attempt.signature === undefined || attempt.blob === undefined) return true;
  const key = ssh2.utils.parseKey(attempt.key.data);
  if (key instanceof Error) return false;
  return key.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true;
}
