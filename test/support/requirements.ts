import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectEngine } from "../../src/runtime/docker/engine.ts";
import { findIsolation } from "../../src/runtime/embedded/machine-isolation.ts";
import { tryPacketRules } from "../../src/runtime/network-namespace.ts";
import { findInstalled } from "./postgres-registry.ts";
import { providerMirror } from "./terraform-mirror.ts";

/** What a test needs of the machine that it runs on; each probe rejects, or answers false, where that is missing. */
const probes = {
  docker: () => connectEngine(5000),
  awscli: () => succeeds("aws", "--version"),
  terraform: async () => providerMirror() !== undefined && (await succeeds("terraform", "version")),
  boto3: () => succeeds("python3", "-c", "import boto3"),
  s3cmd: () => succeeds("s3cmd", "--version"),
  rclone: () => succeeds("rclone", "version"),
  restic: () => succeeds("restic", "version"),
  packer: () => succeeds("packer", "version"),
  ansible: probeAnsible,
  mariadb: () => succeeds("mariadbd", "--no-defaults", "--version"),
  mysql: async () => !/MariaDB/i.test((await output("mysqld", "--no-defaults", "--version")).stdout),
  mysqlImage: async () => (await connectEngine(5000)).docker.getImage("mysql:9.7").inspect(),
  postgresInstallation: async () => (await findInstalled()) !== undefined,
  openssl: () => succeeds("openssl", "version"),
  psql: () => succeeds("psql", "--version"),
  ssh: () => succeeds("ssh", "-V"),
  chromium: () => succeeds(process.env.LOCALAWS_TEST_CHROMIUM ?? "/usr/bin/chromium", "--version"),
  namespaces: probeNamespaces,
  root: async () => process.getuid?.() === 0,
  packetRules: () => tryPacketRules(process.getuid?.() !== 0, "add table ip localaws_probe\n"),
} satisfies Record<string, () => Promise<unknown>>;

export type Requirement = keyof typeof probes;

const answers = new Map<Requirement, Promise<boolean>>();

/**
 * For the body of a `describe`: its tests run only where all of this is there. Where something is missing they are
 * pending, and their titles say what they need; what `LOCALAWS_TEST_REQUIRE` names (a list with commas) fails them.
 */
export function requires(...names: readonly Requirement[]): void {
  before(`needs ${names.join(", ")}`, async function () {
    const missing: Requirement[] = [];
    for (const name of names) if (!(await isThere(name))) missing.push(name);
    if (missing.length === 0) return;
    const required = new Set((process.env.LOCALAWS_TEST_REQUIRE ?? "").split(",").map((name) => name.trim()));
    for (const name of missing) {
      if (required.has(name)) throw new Error(`LOCALAWS_TEST_REQUIRE names ${name}, which is missing on this machine.`);
    }
    this.test?.parent?.eachTest((test) => {
      test.title += ` [needs ${missing.join(", ")}]`;
    });
    this.skip();
  });
}

/** A requirement is probed once in a run. */
function isThere(name: Requirement): Promise<boolean> {
  let answer = answers.get(name);
  if (answer === undefined) {
    answer = probes[name]().then(
      (there) => there !== false,
      () => false,
    );
    answers.set(name, answer);
  }
  return answer;
}

function succeeds(program: string, ...args: string[]): Promise<unknown> {
  return output(program, ...args);
}

function output(program: string, ...args: string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)(program, args, { timeout: 30_000 });
}

/** With the modules for AWS, and with what these need of Python. */
async function probeAnsible(): Promise<boolean> {
  if ((await output("ansible-doc", "--type", "module", "amazon.aws.ec2_vpc_net")).stdout === "") return false;
  const module = ["-m", "community.general.python_requirements_info", "-a", "dependencies=boto3"];
  return /"not_found": \[\]/.test((await output("ansible", "localhost", ...module)).stdout);
}

/** What the embedded runtime isolates its machines with. */
async function probeNamespaces(): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "localaws-probe-"));
  try {
    return await findIsolation(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
