import { SwitchoverBlueGreenDeploymentCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createDeployment, nameIn, untilDeployment } from "./blue-green-deployments.ts";
import { createAvailable, untilStatus } from "./db-instances.ts";
import { queryMysql } from "./mysql-queries.ts";

const kinds = [
  { runtime: "embedded", engine: "mariadb", needs: "mariadb" },
  { runtime: "embedded", engine: "mysql", needs: "mysql" },
  { runtime: "docker", engine: "mariadb", needs: "docker" },
] as const;

for (const { runtime, engine, needs } of kinds) {
  describe(`rds blue/green deployments of ${engine} on the ${runtime} runtime`, function () {
    this.timeout(300_000);
    requires(needs);
    let aws: TestServer;
    before(async () => {
      aws = await startLocalAws({ runtime });
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
    });

    it("lose no row that was committed before the switchover", async () => {
      const blue = await createAvailable(aws.rds, { Engine: engine, DBName: "shop" });
      const port = blue.Endpoint?.Port;
      await queryMysql(port, "create table shop.kept as select 0 as n");
      const { BlueGreenDeployment } = await createDeployment(aws.rds, blue.DBInstanceArn);
      const id = BlueGreenDeployment?.BlueGreenDeploymentIdentifier;
      await untilDeployment(aws.rds, id, "AVAILABLE");
      const committed = new Set<number>();
      let isOver = false;
      const writing = (async () => {
        for (let number = 1; !isOver; number++) {
          // Those that are refused or cut off during the switchover count for nothing.
          await queryMysql(port, `insert into shop.kept values (${number})`).then(
            () => committed.add(number),
            () => {},
          );
        }
      })();
      try {
        await eventually("rows are written", async () => committed.size > 3, 60_000);
        await aws.rds.send(new SwitchoverBlueGreenDeploymentCommand({ BlueGreenDeploymentIdentifier: id }));
        const done = await untilDeployment(aws.rds, id, "SWITCHOVER_COMPLETED");
        expect(done.Target).to.equal(blue.DBInstanceArn);
        expect(nameIn(done.Source)).to.equal(`${blue.DBInstanceIdentifier}-old1`);
        const until = committed.size + 3;
        await eventually("rows are written again", async () => committed.size > until, 60_000);
      } finally {
        isOver = true;
        await writing;
      }
      const after = await untilStatus(aws.rds, blue.DBInstanceIdentifier, "available");
      expect(after.Endpoint?.Port).to.equal(port);
      const rows = (await queryMysql(port, "select n from shop.kept")) as { n: number }[];
      expect(rows.map(({ n }) => n)).to.include.members([0, ...committed]);
      const old = await untilStatus(aws.rds, `${blue.DBInstanceIdentifier}-old1`, "available");
      await queryMysql(old.Endpoint?.Port, "insert into shop.kept values (-1)");
      expect(await queryMysql(port, "show replica status")).to.deep.equal([]);
      expect(await queryMysql(port, "select count(*) as n from shop.kept where n < 0")).to.deep.equal([{ n: 0 }]);
    });
  });
}
