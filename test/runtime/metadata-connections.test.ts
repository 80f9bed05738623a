import type { Socket } from "node:net";
import { expect } from "chai";
import type { MachineDriver } from "../../src/runtime/machine-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { rejection } from "./rejection.ts";
import { machineSpec, type OpenRuntime, openRuntime, runtimes } from "./runtimes.ts";

for (const runtime of runtimes.filter(({ runs }) => runs)) {
  describe(`runtime ${runtime.kind}: what machines ask of 169.254.169.254`, function () {
    this.timeout(60_000);
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
      machines.serveMetadata(answerWithId);
    }

    const launch = async () => {
      const spec = machineSpec();
      await machines.launch(spec);
      await machines.connect(spec.id);
      return spec;
    };
    const ask = async (id: string) =>
      (await machines.exec(id, ["wget", "-q", "-O", "-", "http://169.254.169.254/"])).stdout;

    it("is answered by who knows which machine asks", async () => {
      const [one, two] = [await launch(), await launch()];
      expect(await Promise.all([ask(one.id), ask(two.id)])).to.deep.equal([one.id, two.id]);
      await machines.connect(one.id);
      expect(await ask(one.id), "after another connect").to.equal(one.id);
    });

    it("is answered beside a program that listens at port 80 of every address", async () => {
      const { id } = await launch();
      const server = await machines.spawn(id, ["busybox", "nc", "-l", "-p", "80"]);
      const listens = async () =>
        / 0+:0050 0+:0+ 0A /.test((await machines.exec(id, ["cat", "/proc/net/tcp", "/proc/net/tcp6"])).stdout);
      await eventually("the program listens", listens);
      expect(await ask(id)).to.equal(id);
      await server.kill("KILL");
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

function answerWithId(id: string, socket: Socket): void {
  socket.once("data", () => socket.end(`HTTP/1.0 200 OK\r\nContent-Length: ${id.length}\r\n\r\n${id}`));
}
