import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, untilState } from "./support.ts";

describe("ec2 instances after kill -9 of LocalAWS", function () {
  this.timeout(240_000);
  requires("docker", "packetRules", "root");
  let dataDir: string;
  let aws: TestServer | undefined;
  const tunnels: InstanceTunnel[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-killed-"));
  });
  after(async () => {
    for (const tunnel of tunnels) tunnel.close();
    await aws?.server.reset();
    await aws?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("run on with their addresses, rules, interfaces and public addresses, once it is back", async () => {
    const { ids, addresses, further, publicAddress, privateKey } = await runAndKill(dataDir, "docker");
    aws = await startLocalAws({ runtime: "docker", dataDir, sshListen: "127.0.0.1:0" });
    for (const [index, id] of ids.entries()) {
      const { State, PrivateIpAddress } = await describeOne(aws.ec2, id);
      expect([State?.Name, PrivateIpAddress]).to.deep.equal(["running", addresses[index]]);
      tunnels.push(await openTunnel(aws, { id, privateKey, host: "127.0.0.1" }));
    }
    const [one, other] = tunnels;
    if (one === undefined || other === undefined) throw new Error("There are no two instances.");
    await other.run("for port in 8080 9090; do nc -ll -p $port -e echo pong >/dev/null 2>&1 </dev/null & done");
    const asks = async () => (await one.run(`nc -w 1 ${addresses[1]} 8080 </dev/null`)).stdout.includes("pong");
    await eventually("what the rules let in passes", asks);
    const id = () => other.run("wget -q -O - http://169.254.169.254/latest/meta-data/instance-id");
    await eventually("the metadata service answers", async () => (await id()).stdout === ids[1]);
    const eth1 = async () => (await one.run("ip addr show eth1")).stdout.includes(`${further}/24`);
    await eventually("the further interface is there", eth1);
    await eventually("the public address answers", async () => (await ask(publicAddress, 8080)) === "pong\n");
    expect(await ask(publicAddress, 9090), "what no rule lets in").to.equal("");
  });
});

describe("ec2 embedded instances after kill -9 of LocalAWS", function () {
  this.timeout(240_000);
  requires("namespaces", "packetRules", "root");
  let dataDir: string;
  let aws: TestServer | undefined;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-killed-"));
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("end with it, leaving nothing, and run again at their addresses once it is back", async () => {
    const { ids, addresses, publicAddress, privateKey } = await runAndKill(dataDir, "embedded");
    await eventually("no process and no mount of them is left", async () => {
      const found = await Promise.all(["mounts", "cmdline"].map((name) => readAll(name)));
      return !found.join("").includes(dataDir);
    });
    aws = await startLocalAws({ runtime: "embedded", dataDir, sshListen: "127.0.0.1:0" });
    // Who logs in while they boot waits for that.
    const tunnel = await openTunnel(aws, { id: ids[0], privateKey, host: "127.0.0.1" });
    expect((await tunnel.run("id -un")).stdout).to.equal("root\n");
    tunnel.close();
    for (const [index, id] of ids.entries()) {
      const { PrivateIpAddress } = await untilState(aws.ec2, id, "running");
      expect(PrivateIpAddress).to.equal(addresses[index]);
    }
    expect(await describeOne(aws.ec2, ids[1])).to.have.property("PublicIpAddress", publicAddress);
  });
});

/** A file of every process. */
async function readAll(name: string): Promise<string> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const texts = pids.map((pid) => readFile(`/proc/${pid}/${name}`, "latin1").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

/** What `killed-server.ts` has made. */
async function runAndKill(dataDir: string, runtime: string) {
  const script = fileURLToPath(new URL("killed-server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir, runtime], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  try {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
    const line = () => said.split("\n").find((one) => one.startsWith('{"ids"'));
    const made = await eventually("it says what it made", line, 150_000);
    return JSON.parse(made) as {
      ids: [string, string];
      addresses: [string, string];
      further: string;
      publicAddress: string;
      privateKey: string;
    };
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function ask(host: string, port: number): Promise<string> {
  const socket = connect({ host, port, timeout: 1000 });
  socket.once("timeout", () => socket.destroy(new Error("No answer.")));
  return text(socket).catch(() => "");
}
