import { createServer } from "node:net";
import pino from "pino";
import { createEmbeddedRuntime } from "../../../src/runtime/embedded/embedded-runtime.ts";

/** A LocalAWS to be killed: runs a machine and a database server in the data folder it is given, says so, and waits. */
const [dataDir = "", machineId = "", databaseId = ""] = process.argv.slice(2);
const { machines, databases } = await createEmbeddedRuntime({
  dataDir,
  searchPath: [],
  log: pino({ level: "silent" }),
});
await machines.launch({
  id: machineId,
  image: "alpine:latest",
  hostName: "killed",
  cpus: 1,
  memoryBytes: 256 * 1024 * 1024,
  network: { id: "subnet-1", cidrBlock: "10.0.0.0/24", privateIpAddress: "10.0.0.4" },
  env: {},
  labels: {},
});
const { stdout } = await machines.exec(machineId, [
  "/bin/sh",
  "-c",
  "echo kept >/root/file; readlink /proc/self/ns/pid",
]);
const port = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
  });
});
await databases.create(
  {
    id: databaseId,
    engine: "postgres",
    engineVersion: databases.versions("postgres")[0] ?? "",
    port,
    listenAddress: "127.0.0.1",
    masterUsername: "master",
    masterPassword: "correct horse",
    memoryBytes: 2 ** 30,
    cpus: 1,
    labels: {},
  },
  () => {},
);
console.log(JSON.stringify({ port, pidNamespace: stdout.trim() }));
setInterval(() => {}, 1000);
