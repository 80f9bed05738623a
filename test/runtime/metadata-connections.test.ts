import { readdirSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { MachineDriver } from "../../src/runtime/machine-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { rejection } from "./rejection.ts";
import { machineSpec, type OpenRuntime, openRuntime, runtimes, uniqueId } from "./runtimes.ts";

for (const runtime of runtimes.filter(({ runs }) => runs)) {
  describe(`runtime ${runtime.kind}: what machines ask of 169.254.169.254`, function () {
    this.timeout(180_000);
    requires(...runtime.needs, "packetRules");
    let opened: OpenRuntime;
    let machines: MachineDriver;

    before(async () => {
      opened = await openRuntime(runtime.kind);
      open();
    });
    after(() => opened?.dispose());

    function open() {
      machines = opened.machines;
      machines.serve(80, answerWithId);
    }

    const launch = async () => {
      const spec = machineSpec();
      await machines.launch(spec);
      await machines.connect(spec.id);
      return spec;
    };
    const ask = async (id: string) =>
      (await machines.exec(id, ["wget", "-q", "-O", "-", "http://169.254.169.254/"])).stdout;

    async function untilListening(id: string, port: number): Promise<void> {
      const socket = new RegExp(` 0+:${port.toString(16).toUpperCase().padStart(4, "0")} 0+:0+ 0A `);
      await eventually(`a program listens at ${port}`, async () =>
        socket.test((await machines.exec(id, ["cat", "/proc/net/tcp", "/proc/net/tcp6"])).stdout),
      );
    }

    it("is answered by who knows which machine asks", async () => {
      const [one, two] = [await launch(), await launch()];
      expect(await Promise.all([ask(one.id), ask(two.id)])).to.deep.equal([one.id, two.id]);
      await machines.connect(one.id);
      expect(await ask(one.id), "after another connect").to.equal(one.id);
    });

    it("is answered beside a program that listens at port 80 of every address", async () => {
      const { id } = await launch();
      const server = await machines.spawn(id, ["busybox", "nc", "-l", "-p", "80"]);
      await untilListening(id, 80);
      expect(await ask(id)).to.equal(id);
      await server.kill("KILL");
    });

    it("leaves LocalAWS a way in to what listens at the machine's loopback, whatever packets pass", async () => {
      const { id } = await launch();
      expect(await machines.connectFrom(uniqueId("i"), { host: "127.0.0.1", port: 7777 })).to.equal(undefined);
      await machines.filterPackets(id, { rules: [] });
      expect(await rejection(machines.connectFrom(id, { host: "127.0.0.1", port: 7777 }))).to.be.instanceOf(Error);
      const server = await machines.spawn(id, ["busybox", "nc", "-l", "-p", "7777"]);
      server.stdin.write("pong\n");
      await untilListening(id, 7777);
      const socket = await machines.connectFrom(id, { host: "127.0.0.1", port: 7777 });
      socket?.end("ping\n");
      expect(socket && (await text(socket))).to.equal("pong\n");
      expect(await text(server.stdout)).to.equal("ping\n");
    });

    it("is answered after a reboot, and after a stop and a start", async () => {
      const { id } = await launch();
      await machines.reboot(id);
      await machines.connect(id);
      expect(await ask(id)).to.equal(id);
      await machines.stop(id, 0);
      expect(await rejection(machines.connect(id))).to.be.instanceOf(Error);
      await machines.start(id);
      await machines.connect(id);
      expect(await ask(id)).to.equal(id);
    });

    it("leaves nothing open of machines that are stopped, removed, or end by themselves", async () => {
      const before = openNetworks();
      // The machine's, and that of its subnet.
      const each = runtime.networks ? 2 : 1;
      const unwatch = machines.watch(() => {});
      const [stopped, removed, ended] = [await launch(), await launch(), await launch()];
      expect(openNetworks()).to.equal(before + 3 * each);
      await machines.stop(stopped.id, 0);
      await machines.remove(removed.id);
      expect(openNetworks()).to.equal(before + each);
      await machines.exec(ended.id, ["sh", "-c", "kill 1"]);
      await eventually("the last is closed", () => openNetworks() === before);
      unwatch();
    });

    it("is answered after a restart of LocalAWS", async () => {
      const { id } = await launch();
      await opened.reopen();
      open();
      if (!runtime.outlives) await machines.start(id);
      await machines.connect(id);
      expect(await ask(id)).to.equal(id);
    });
  });
}

/** The networks of machines that this process holds open. */
function openNetworks(): number {
  return readdirSync("/proc/self/fd").filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith("net:");
    } catch {
      return false;
    }
  }).length;
}

function answerWithId(id: string, socket: Socket): void {
  socket.once("data", () => socket.end(`HTTP/1.0 200 OK\r\nContent-Length: ${id.length}\r\n\r\n${id}`));
}
