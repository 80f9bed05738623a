import { ModifyDBClusterCommand, StartDBClusterCommand, StopDBClusterCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { authToken } from "./auth-tokens.ts";
import { createCluster, createMember, describeCluster, untilCluster } from "./db-clusters.ts";
import { masterPassword } from "./db-instances.ts";

describe("rds IAM database authentication of clusters on the embedded runtime", function () {
  this.timeout(180_000);
  this.slow(30_000);
  let aws: TestServer;
  let DBClusterIdentifier: string;
  let port: number;
  let memberPort: number;
  const clients: pg.Client[] = [];

  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
    const made = await createCluster(aws.rds, { EnableIAMDatabaseAuthentication: true });
    DBClusterIdentifier = made.DBClusterIdentifier;
    port = made.Port ?? 0;
    const { Endpoint } = await createMember(aws.rds, DBClusterIdentifier);
    await createMember(aws.rds, DBClusterIdentifier);
    memberPort = Endpoint?.Port ?? 0;
    const master = await connect({ host: "localhost", port }, "master", masterPassword);
    await master.query("CREATE USER app; GRANT rds_iam TO app");
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
  });

  interface Place {
    readonly host: string;
    readonly port: number;
  }

  async function connect(place: Place, user: string, password: string, ssl: pg.ClientConfig["ssl"] = encrypted) {
    const client = new pg.Client({ ...place, user, password, database: "postgres", ssl });
    client.on("error", () => {});
    clients.push(client);
    await client.connect();
    return client;
  }

  const encrypted = { rejectUnauthorized: false };
  const withToken = async (place: Place, of: Place = place) =>
    connect(place, "app", await authToken({ host: `${of.host}:${of.port}` }));
  const session = async (client: pg.Client) =>
    (
      await client.query(`SELECT current_user AS name, ssl, current_setting('transaction_read_only') AS reads
                            FROM pg_stat_ssl WHERE pid = pg_backend_pid()`)
    ).rows[0];
  const refusal = (login: Promise<unknown>) =>
    login.then(
      () => "no refusal",
      (error: Error & { code?: string }) => `${error.code} ${error.message}`,
    );

  it("lets members of rds_iam in by a token at each endpoint, encrypted, where readers read", async () => {
    const { ReaderEndpoint: host = "", IAMDatabaseAuthenticationEnabled } = await describeCluster(
      aws.rds,
      DBClusterIdentifier,
    );
    expect(IAMDatabaseAuthenticationEnabled).to.equal(true);
    const places = [
      { host: "localhost", port },
      { host, port },
      { host: "localhost", port: memberPort },
    ];
    const sessions = await Promise.all(places.map(async (place) => session(await withToken(place))));
    expect(sessions).to.deep.equal([
      { name: "app", ssl: true, reads: "off" },
      { name: "app", ssl: true, reads: "on" },
      { name: "app", ssl: true, reads: "off" },
    ]);
    expect(await session(await connect({ host, port }, "master", masterPassword))).to.include({
      ssl: true,
      reads: "on",
    });
    expect(await session(await connect({ host, port }, "master", masterPassword, false))).to.include({ ssl: false });
  });

  it("refuses tokens of another endpoint, and passwords", async () => {
    const pam = '28000 PAM authentication failed for user "app"';
    expect(await refusal(withToken({ host: "localhost", port }, { host: "localhost", port: memberPort }))).to.equal(
      pam,
    );
    expect(await refusal(connect({ host: "localhost", port }, "app", "password"))).to.equal(pam);
  });

  it("is there after a stop and a start, and is turned off and on", async () => {
    await aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "stopped");
    expect(await refusal(withToken({ host: "localhost", port }))).to.match(/^ECONNREFUSED/);
    await aws.rds.send(new StartDBClusterCommand({ DBClusterIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(await session(await withToken({ host: "localhost", port }))).to.include({ name: "app" });
    const modify = async (EnableIAMDatabaseAuthentication: boolean) => {
      const changes = { DBClusterIdentifier, EnableIAMDatabaseAuthentication };
      await aws.rds.send(new ModifyDBClusterCommand(changes));
      return await untilCluster(aws.rds, DBClusterIdentifier, "available");
    };
    expect(await modify(false)).to.include({ IAMDatabaseAuthenticationEnabled: false, Port: port });
    expect(await refusal(withToken({ host: "localhost", port }))).to.match(/^28000 /);
    expect(await session(await connect({ host: "localhost", port }, "master", masterPassword))).to.include({
      ssl: true,
    });
    expect(await modify(true)).to.include({ IAMDatabaseAuthenticationEnabled: true, Port: port });
    expect(await session(await withToken({ host: "localhost", port }))).to.include({ name: "app" });
  });
});
