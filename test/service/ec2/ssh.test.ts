import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { CreateKeyPairCommand, DeleteKeyPairCommand, ImportKeyPairCommand, type KeyType } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { runOne, uniqueName } from "./support.ts";

const execute = promisify(execFile);

/** Answers every connection to 127.0.0.1:7777 with a word, by whichever program the machine has. */
const pongServer = `if command -v python3 >/dev/null; then python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 7777))
while True:
    with server.accept()[0] as peer: peer.sendall(b"pong\\n")
'; else nc -ll -p 7777 -e echo pong; fi >/dev/null 2>&1 </dev/null &`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

for (const [runtime, needs] of [
  ["docker", "docker"],
  ["embedded", "namespaces"],
] as const) {
  describe(`ec2 SSH gateway on ${runtime}`, function () {
    this.timeout(180_000);
    requires(needs, "ssh");
    let aws: TestServer;
    let folder: string;
    let keyFile: string;
    let keyName: string;
    let id: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "localaws-ssh-"));
      aws = await startLocalAws({ runtime, sshListen: "127.0.0.1:0" });
      [keyName, keyFile] = await newKey("ed25519");
      const userData = `#cloud-config\nusers: [{name: ada, ssh_authorized_keys: ["${await publicKey("ada")}"]}]\n`;
      id = await runOne(aws.ec2, { KeyName: keyName, UserData: Buffer.from(userData).toString("base64") });
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    async function newKey(KeyType: KeyType): Promise<[name: string, file: string]> {
      const KeyName = uniqueName("ssh");
      const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType }));
      const file = join(folder, `${KeyName}.pem`);
      await writeFile(file, KeyMaterial, { mode: 0o400 });
      return [KeyName, file];
    }

    async function publicKey(name: string): Promise<string> {
      await execute("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
      return (await readFile(join(folder, `${name}.pub`), "utf8")).trim();
    }

    const options = (file = keyFile) => [
      ...["-F", "none", "-i", file, "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no"],
      ...["-o", `UserKnownHostsFile=${join(folder, "known")}`, "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"],
    ];
    const port = () => String(aws.server.ssh?.port);

    async function ssh(user: string, words: readonly string[], { file = keyFile, input = "" } = {}) {
      const child = spawn("ssh", [
        ...options(file),
        "-p",
        port(),
        ...words.slice(0, -1),
        `${user}@127.0.0.1`,
        words.at(-1) ?? "",
      ]);
      child.stdin.end(input);
      const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { code: await exited, stdout, stderr };
    }

    it("runs a command with its input, both outputs and its exit code", async () => {
      const answer = await ssh(`ec2-user+${id}`, ["cat; id -un; pwd; echo trouble >&2; exit 7"], { input: "hello\n" });
      expect(answer).to.deep.equal({ code: 7, stdout: "hello\nroot\n/root\n", stderr: "trouble\n" });
    });

    it("lets an RSA key pair and an imported one in, also after they are deleted, and no other", async () => {
      const [rsaName, rsa] = await newKey("rsa");
      const one = await runOne(aws.ec2, { KeyName: rsaName });
      await aws.ec2.send(new DeleteKeyPairCommand({ KeyName: rsaName }));
      expect((await ssh(one, ["echo in"], { file: rsa })).stdout).to.equal("in\n");
      // The only running instance with this key needs no name.
      expect((await ssh("ubuntu", ["echo in"], { file: rsa })).stdout).to.equal("in\n");
      expect((await ssh(one, ["echo in"])).stderr).to.include("Permission denied (publickey)");
      const KeyName = uniqueName("imported");
      const PublicKeyMaterial = Buffer.from(await publicKey("mine"));
      await aws.ec2.send(new ImportKeyPairCommand({ KeyName, PublicKeyMaterial }));
      const two = await runOne(aws.ec2, { KeyName });
      expect((await ssh(two, ["echo in"], { file: join(folder, "mine") })).stdout).to.equal("in\n");
    });

    it("lets a user of the machine in with a key of the user's own", async () => {
      const answer = await eventually("ada's key", async () => {
        const { code, stdout } = await ssh(`ada+${id}`, ["id -un; pwd"], { file: join(folder, "ada") });
        return code === 0 && stdout;
      });
      expect(answer).to.equal("ada\n/home/ada\n");
      expect((await ssh(`root+${id}`, ["id"], { file: join(folder, "ada") })).code).to.equal(255);
    });

    it("gives a terminal, with its exit code", async () => {
      const { stdout, code } = await ssh(id, ["-tt", "tty; echo $TERM; exit 3"]);
      expect(stdout).to.match(/^\/dev\/pts\/\d+\r\n\S+\r\n$/);
      expect(code).to.equal(3);
    });

    it("ends what runs when the client goes", async () => {
      const child = spawn("ssh", [...options(), "-p", port(), `${id}@127.0.0.1`, "exec sleep 4321"]);
      const running = async () => (await ssh(id, ["ps -ef | grep -c '[s]leep 4321'"])).stdout;
      await eventually("its start", async () => (await running()) === "1\n");
      child.kill("SIGTERM");
      await eventually("its end", async () => (await running()) === "0\n");
    });

    it("carries files both ways by scp and sftp", async () => {
      const bytes = randomBytes(700_001);
      const [here, back] = [join(folder, "here"), join(folder, "back")];
      await writeFile(here, bytes, { mode: 0o640 });
      const scp = (...words: string[]) => execute("scp", [...options(), "-P", port(), ...words]);
      await scp("-p", here, `${id}@127.0.0.1:/tmp/there`);
      expect((await ssh(id, ["stat -c '%a %s' /tmp/there"])).stdout).to.equal("640 700001\n");
      await scp(`${id}@127.0.0.1:/tmp/there`, back);
      expect((await readFile(back)).equals(bytes)).to.equal(true);
      const batch = join(folder, "batch");
      const lines = [
        "mkdir /tmp/d e",
        "mkdir /tmp/d",
        `put ${here} "/tmp/d/a b"`,
        'rename "/tmp/d/a b" /tmp/d/c',
        "ln -s c /tmp/d/l",
      ];
      lines.push(
        "chmod 600 /tmp/d/c",
        "ls -l /tmp/d",
        "pwd",
        "-get /tmp/none",
        `get /tmp/d/l ${back}2`,
        "rm /tmp/d/*",
        "rmdir /tmp/d",
      );
      await writeFile(batch, `${lines.slice(1).join("\n")}\n`);
      const { stdout } = await execute("sftp", [...options(), "-P", port(), "-b", batch, `${id}@127.0.0.1`]);
      expect(stdout)
        .to.match(/-rw-------.* 700001 .*c\n/)
        .and.to.include("Remote working directory: /root");
      expect((await readFile(`${back}2`)).equals(bytes)).to.equal(true);
      expect((await ssh(id, ["ls -d /tmp/d"])).code).not.to.equal(0);
    });

    it("forwards ports into the machine", async () => {
      await ssh(id, [pongServer]);
      const local = await freePort();
      const child = spawn("ssh", [
        ...options(),
        "-p",
        port(),
        "-N",
        "-L",
        `${local}:127.0.0.1:7777`,
        `${id}@127.0.0.1`,
      ]);
      try {
        const answer = await eventually("an answer", async () => {
          const socket = connect(local, "127.0.0.1");
          // Nothing: what listens there has not begun to.
          return (await text(socket).catch(() => undefined)) || undefined;
        });
        expect(answer).to.equal("pong\n");
      } finally {
        child.kill();
      }
    });

    it("forwards ports of the machine to what listens here, until the client goes", async () => {
      const server = createServer((socket) => socket.end("pong\n")).listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const here = (server.address() as AddressInfo).port;
        const ask =
          "if command -v bash >/dev/null; then bash -c 'cat </dev/tcp/127.0.0.1/7070'; else nc 127.0.0.1 7070 </dev/null; fi";
        const reverse = ["-o", "ExitOnForwardFailure=yes", "-R", `7070:127.0.0.1:${here}`];
        const answer = await ssh(id, [...reverse, ask]);
        expect(answer).to.deep.equal({ code: 0, stdout: "pong\n", stderr: "" });
        const free = ["-o", "ExitOnForwardFailure=yes", "-R", `0:127.0.0.1:${here}`];
        expect((await ssh(id, [...free, "true"])).code, "a free port").to.equal(0);
        expect((await ssh(id, [ask])).code, "it has gone").not.to.equal(0);
      } finally {
        server.close();
      }
    });

    it("keeps its host key", async () => {
      const known = await readFile(join(folder, "known"), "utf8");
      expect(known.trim().split("\n")).to.have.lengthOf(1);
    });
  });
}
