import { createHash, randomBytes } from "node:crypto";
import { StopInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import type { Requirement } from "../../support/requirements.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { instanceState, launchInstance, run as runIn, TerminalClient, ticketFor } from "./terminal-client.ts";

for (const [runtime, needs] of [
  ["docker", "docker"],
  ["embedded", "namespaces"],
] as readonly (readonly [string, Requirement])[]) {
  describe(`terminal over a WebSocket, ${runtime} runtime`, function () {
    this.timeout(180_000);
    requires(needs);
    let aws: TestServer;
    let instance: string;

    before(async () => {
      aws = await startLocalAws({ runtime });
      instance = await launchInstance(aws);
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
    });

    const open = (query: Record<string, string | number> = {}, id = instance) =>
      TerminalClient.open(aws, id, { query });
    const run = (script: string) => runIn(aws, instance, script);

    it("says that it is ready, and answers what is typed", async () => {
      const client = await open();
      expect(client.messages[0]).to.deep.equal({
        ...{ type: "ready", instance, offset: 0 },
        session: client.messages[0]?.session,
      });
      client.type("echo $((6*7)) ünïcödé 🚀\r");
      await client.shows(/\n42 ünïcödé 🚀\r\n|\r42 ünïcödé 🚀\r\n/);
      client.say({ type: "close" });
      expect(await client.closed()).to.equal(1000);
    });

    it("has the size that was asked for, and takes another", async () => {
      const client = await open({ columns: 120, rows: 33 });
      client.type("stty size\r");
      await client.shows(/33 120\r\n/);
      client.say({ type: "resize", columns: 77, rows: 11 });
      // What is typed does not wait for it.
      const sizes = () => client.text.match(/\d+ \d+(?=\r\n)/g) ?? [];
      await eventually("the other size", async () => {
        const before = sizes().length;
        client.type("stty size\r");
        await eventually("an answer", () => sizes().length > before);
        return sizes().at(-1) === "11 77";
      });
      client.socket.close(1000);
    });

    it("tells the exit code, and closes with 1000", async () => {
      const client = await open();
      client.type("exit 42\r");
      expect(await client.says("exit")).to.deep.equal({ type: "exit", code: 42 });
      expect(await client.closed()).to.equal(1000);
    });

    it("takes a paste of 1 MB whole, in one message", async () => {
      const client = await open();
      client.type("stty raw -echo; echo rea''dy; head -c 1000000 | md5sum\r");
      await client.shows(/ready/);
      const paste = randomBytes(500_000).toString("hex");
      client.type(paste);
      await client.shows(new RegExp(createHash("md5").update(paste).digest("hex")));
      client.socket.close(1000);
    });

    it("keeps terminals apart, of one instance and of two", async () => {
      const second = await launchInstance(aws);
      const clients = await Promise.all([open(), open(), open({}, second)]);
      for (const [index, client] of clients.entries()) client.type(`NAME=${index}; echo own-$NAME-$NAME\r`);
      for (const [index, client] of clients.entries()) {
        await client.shows(new RegExp(`own-${index}-${index}`));
        expect(client.text.match(/own-\d-\d/g)).to.deep.equal([`own-${index}-${index}`]);
        client.socket.close(1000);
      }
    });

    it("hangs up what is closed in order, and what runs in it", async () => {
      const client = await open();
      client.type("sleep 5551 & sleep 5552\r");
      await eventually("its programs", async () => (await run("ps -ef | grep -c 'sleep [5]55'")) === "2");
      client.socket.close(1000);
      await eventually("their end", async () => (await run("ps -ef | grep -c 'sleep [5]55'; true")) === "0");
    });

    it("keeps a terminal whose client vanished, and gives the client that comes back what it missed", async () => {
      const client = await open();
      const { session = "" } = await client.says("ready");
      client.type("echo be''fore; X=kept\r");
      await client.shows(/before/);
      client.type("while [ ! -e /root/back ]; do sleep 0.05; done; echo mean''while; touch /root/said\r");
      await client.shows(/said\r\n/);
      client.vanish();
      await run("touch /root/back");
      await eventually("the rest", async () => (await run("ls /root")).includes("said"));
      const again = await open({ session, offset: client.received, columns: 99, rows: 22 });
      expect(again.messages[0]).to.deep.equal({ type: "ready", session, instance, offset: client.received });
      await again.shows(/meanwhile/);
      expect(again.text).not.to.include("before");
      again.type("echo $X $(stty size)\r");
      await again.shows(/kept 22 99/);
      const whole = await open({ session });
      await whole.shows(/before[\s\S]*meanwhile[\s\S]*kept 22 99/);
      expect(await again.closed(), "what another takes the place of").to.equal(4000);
      whole.socket.close(1000);
      await run("rm /root/back /root/said");
    });

    it("has the exit code for a client that comes back after the end", async () => {
      const client = await open();
      const { session = "" } = await client.says("ready");
      client.type("while [ ! -e /root/go ]; do sleep 0.05; done; touch /root/went; exit 9\r");
      await client.shows(/exit 9\r\n/);
      client.vanish();
      await run("touch /root/go");
      await eventually("its end", async () => (await run("ls /root")).includes("went"));
      const again = await open({ session });
      expect(await again.says("exit")).to.deep.equal({ type: "exit", code: 9 });
      await run("rm /root/go /root/went");
    });

    it("has no session of another instance, and none that has ended", async () => {
      const client = await open();
      const { session = "" } = await client.says("ready");
      const second = await launchInstance(aws);
      const refused = async (id: string, query: Record<string, string>) => {
        const ticket = await ticketFor(aws, id);
        const stranger = TerminalClient.connect(aws, id, { query: { ticket, ...query } });
        expect((await stranger.says("error")).message).to.include("has ended");
        expect(await stranger.closed()).to.equal(4410);
      };
      await refused(second, { session });
      client.type("exit\r");
      await client.closed();
      await refused(instance, { session });
      await refused(instance, { session: "none" });
    });

    it("runs `yes` for 10 seconds in flat memory", async () => {
      const client = await open();
      // By another shell and `cat`: BusyBox's writes each line by itself in its interactive shell, and engines are slow then.
      client.type("stty -opost; sh -c 'yes | cat'\r");
      await eventually("its start", () => client.received > 5_000_000);
      const before = { bytes: client.received, rss: process.memoryUsage().rss, time: performance.now() };
      let highest = before.rss;
      await eventually(
        // More than could have been held back: what came through is many times of what memory may grow by.
        "10 seconds and 80 MB of it",
        () => {
          highest = Math.max(highest, process.memoryUsage().rss);
          return performance.now() - before.time > 10_000 && client.received - before.bytes > 80_000_000;
        },
        50_000,
      );
      // Of this process: the server, and the client, which keeps 4 MB.
      expect((highest - before.rss) / 2 ** 20, "MiB more").to.be.below(64);
      client.socket.close(1000);
    });

    it("waits for a client that does not read, and lets it have all of it later", async () => {
      const client = await open();
      client.type("stty -opost -echo; PS1=; echo rea''dy\r");
      await client.shows(/ready\n/);
      const start = client.received;
      client.socket.pause();
      client.type("head -c 30000000 /dev/zero | tr '\\0' x; touch /root/written; echo\r");
      const before = process.memoryUsage().rss;
      for (let turn = 0; turn < 10; turn++) await run("seq 1 20000 >/dev/null");
      expect(await run("ls /root")).not.to.include("written");
      expect((process.memoryUsage().rss - before) / 2 ** 20, "MiB more").to.be.below(64);
      client.socket.resume();
      await eventually("all of it", () => client.received >= start + 30_000_000);
      await eventually("its end", async () => (await run("ls /root")).includes("written"));
      client.socket.close(1000);
    });

    it("sends a client that acknowledges no more than 1 MiB ahead", async () => {
      const client = await open();
      client.say({ type: "ack", offset: 0 });
      client.type("stty -opost; sh -c 'yes | cat'\r");
      await eventually("what is ahead", () => client.received > 1024 * 1024);
      for (let turn = 0; turn < 10; turn++) await run("seq 1 20000 >/dev/null");
      expect(client.received).to.be.below(1024 * 1024 + 256 * 1024);
      client.say({ type: "ack", offset: client.received });
      await eventually("more", () => client.received > 2 * 1024 * 1024);
      client.socket.close(1000);
    });

    it("closes on messages that are none, and stays up", async () => {
      for (const [bad, code] of [
        ["no JSON", 1003],
        ["{}", 1008],
        ['{"type":"format"}', 1008],
        ['{"type":"resize","columns":0,"rows":1}', 1008],
        ['{"type":"resize","columns":"80","rows":24}', 1008],
        ['{"type":"ack","offset":999999999}', 1008],
        ["null", 1008],
        [Buffer.alloc(5 * 1024 * 1024), 1009],
      ] as const) {
        const client = await open();
        client.socket.send(bad);
        expect(await client.closed(), String(bad).slice(0, 40)).to.equal(code);
      }
      const client = await open();
      client.type("echo st''ill\r");
      await client.shows(/still/);
      client.socket.close(1000);
    });

    it("ends with its instance, which stops at once", async () => {
      const own = await launchInstance(aws);
      const client = await open({}, own);
      client.type("echo rea''dy\r");
      await client.shows(/ready/);
      await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [own] }));
      expect((await client.says("exit")).code).to.be.oneOf([0, 129, 137, 143]);
      expect(await client.closed()).to.equal(1000);
      await instanceState(aws, own, "stopped");
      const late = TerminalClient.connect(aws, own, { query: { ticket: await ticketFor(aws, own) } });
      expect((await late.says("error")).message).to.equal(
        `The instance ${own} is not running: start it to open a terminal.`,
      );
      expect(await late.closed()).to.equal(4409);
    });

    it("ends with the termination of its instance", async () => {
      const own = await launchInstance(aws);
      const client = await open({}, own);
      await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [own] }));
      expect((await client.says("exit")).code).to.be.a("number");
      expect(await client.closed()).to.equal(1000);
    });

    it("closes with 1001 when LocalAWS stops, and leaves nothing running", async () => {
      const own = await startLocalAws({ runtime });
      const id = await launchInstance(own);
      const clients = await Promise.all([TerminalClient.open(own, id), TerminalClient.open(own, id)]);
      clients[0]?.type("sleep 7771 & sleep 7772\r");
      await eventually("its programs", async () => (await runIn(own, id, "ps -ef")).match(/sleep 777/g)?.length === 2);
      clients[1]?.vanish();
      const started = performance.now();
      await own.close();
      expect(performance.now() - started).to.be.below(9500);
      expect(await clients[0]?.closed()).to.equal(1001);
      const again = await startLocalAws({ runtime, dataDir: own.dataDir });
      await instanceState(again, id, "running");
      const processes = await runIn(again, id, "ps -ef");
      expect(processes).not.to.include("sleep 777");
      // BusyBox has its `ps` be `{ps} /bin/sh -l`.
      expect(processes.match(/(?<!\} )(?:bash|\/bin\/sh) -l/g), processes).to.have.lengthOf(1);
      await again.server.reset();
      await again.close();
    });
  });
}
