import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import { mustSucceed } from "./container-exec.ts";
import { removeContainer } from "./containers.ts";
import { pullDatabaseImage, restartAfterCrash, specOfContainer } from "./database-containers.ts";
import type { MysqlContainers } from "./mysql-containers.ts";
import { imageVersions, mysqlDataFolder, mysqlInContainer, mysqlPort, secretName } from "./mysql-images.ts";
import type { VolumeSnapshots } from "./volume-snapshots.ts";

// MySQL's server changes the data of an earlier version itself, when it starts with them; MariaDB's has a program for the tables of
// its own: https://dev.mysql.com/doc/refman/8.4/en/upgrade-binary-package.html,
// https://mariadb.com/docs/server/clients-and-utilities/deployment-tools/mariadb-upgrade

/** Newer versions want to know who vouches for the server, also at a socket. */
const upgradeTables =
  `mariadb-upgrade --defaults-extra-file=${mysqlDataFolder}/${secretName} --loose-ssl-verify-server-cert=0 ` +
  "--protocol=socket --upgrade-system-tables";

/** Those of the same major version, which may have a later minor one, and later ones. */
export function upgradesOfImages(engine: keyof typeof imageVersions, version: string): string[] {
  const from = numbersOf(version);
  return imageVersions[engine].filter((other) => {
    const to = numbersOf(other);
    return to[0] > from[0] || (to[0] === from[0] && to[1] >= from[1]);
  });
}

function numbersOf(version: string): [number, number] {
  const [first, second] = version.split(".").map(Number);
  return [first ?? 0, second ?? 0];
}

/**
 * Gives a server's data to a container of another version. Where that does not take them, the server goes on as it was.
 * @throws DatabaseLaunchError, Error of the engine
 */
export async function upgradeMysql(
  {
    docker,
    containers,
    snapshots,
  }: Readonly<{ docker: Docker; containers: MysqlContainers; snapshots: VolumeSnapshots }>,
  id: string,
  engineVersion: string,
): Promise<void> {
  const { engine, replicaOf } = containers.record(id);
  const isFollowed = containers.ids.some((other) => containers.record(other).replicaOf === id);
  if (replicaOf !== undefined || isFollowed) {
    throw new DatabaseLaunchError("A server that follows another, or is followed, cannot be upgraded.");
  }
  const image = `${engine}:${engineVersion}`;
  await pullDatabaseImage(docker, image, () => {});
  const container = await containers.get(id);
  const before = await container.inspect();
  const spec = { ...specOfContainer(before, mysqlPort), engine, engineVersion };
  if (before.State.Running) {
    // Nothing is left that another version would have to finish.
    await mysqlInContainer(container)("SET GLOBAL innodb_fast_shutdown = 0");
    await containers.stop(id);
  }
  const copyId = `upgrade-${id}`;
  await containers.snapshot(id, copyId);
  try {
    await removeContainer(container);
    const upgraded = await containers.make(spec, engine, image);
    await containers.start(id, upgraded);
    if (engine === "mariadb") await mustSucceed(upgraded, upgradeTables);
    await restartAfterCrash(upgraded);
  } catch (error) {
    await containers.remove(id);
    const restored = await containers.make(spec, engine, before.Image);
    await snapshots.restore(copyId, restored, mysqlDataFolder);
    await containers.start(id, restored);
    await restartAfterCrash(restored);
    throw error;
  } finally {
    await snapshots.remove(copyId);
    if (!before.State.Running) await containers.stop(id);
  }
}
