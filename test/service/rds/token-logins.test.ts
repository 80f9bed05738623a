import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { run } from "../../support/acceptance.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { authToken, type TokenOf } from "./auth-tokens.ts";
import { createAvailable, describeInstance, masterPassword, untilStatus } from "./db-instances.ts";

describe("rds IAM database authentication on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let dataDir: string;
  let aws: TestServer;
  let identifier: string;
  let port: number;
  const clients: pg.Client[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-tokens-"));
    aws = await startLocalAws({ runtime: "embedded", dataDir });
    const instance = await createAvailable(aws.rds, {
      ...{ EnableIAMDatabaseAuthentication: true, BackupRetentionPeriod: 0, DBName: "orders" },
    });
    identifier = instance.DBInstanceIdentifier ?? "";
    port = instance.Endpoint?.Port ?? 0;
    const master = await connect("master", masterPassword);
    await master.query("CREATE USER app; GRANT rds_iam TO app; CREATE USER plain PASSWORD 'plain-password'");
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
    await rm(dataDir, { recursive: true });
  });

  const encrypted = { rejectUnauthorized: false };

  async function connect(user: string, password: string, changes: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({
      ...{ host: "localhost", port, user, password, database: "orders", ssl: encrypted, enableChannelBinding: true },
      ...changes,
    });
    client.on("error", () => {});
    clients.push(client);
    await client.connect();
    return client;
  }

  const refusal = (login: Promise<unknown>) =>
    login.then(
      () => "no refusal",
      (error: Error & { code?: string }) => `${error.code} ${error.message}`,
    );
  const pamRefusal = '28000 PAM authentication failed for user "app"';

  type TokenChanges = Partial<TokenOf>;
  const token = (changes: TokenChanges = {}) => authToken({ host: `localhost:${port}`, ...changes });

  const userOf = async (client: pg.Client) => (await client.query("SELECT current_user AS name")).rows[0].name;

  it("lets members of rds_iam in by a token, encrypted", async () => {
    const client = await connect("app", await token());
    expect(await userOf(client)).to.equal("app");
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    expect(rows).to.deep.equal([{ ssl: true }]);
    expect((await describeInstance(aws.rds, identifier)).IAMDatabaseAuthenticationEnabled).to.equal(true);
  });

  it("refuses tokens of another user, host, port, region or key, and those that have expired", async () => {
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const wrong: TokenChanges[] = [
      ...[{ user: "plain" }, { host: `elsewhere:${port}` }, { host: "localhost:5432" }, { region: "eu-west-1" }],
      ...[{ secret: "wrong" }, { signingDate: minutesAgo(16) }, { signingDate: minutesAgo(5), expiresIn: 3600 }],
    ];
    for (const changes of wrong) {
      const login = connect("app", await token(changes));
      expect(await refusal(login), JSON.stringify(changes)).to.equal(pamRefusal);
    }
    expect(await refusal(connect("app", "password"))).to.equal(pamRefusal);
    expect(await userOf(await connect("app", await token({ signingDate: minutesAgo(14) })))).to.equal("app");
  });

  it("refuses tokens without encryption, and passwords to whom they do not belong", async () => {
    expect(await refusal(connect("app", await token(), { ssl: false }))).to.match(
      /^28000 pg_hba\.conf rejects connection for host "127\.0\.0\.1", user "app", database "orders", no encryption$/,
    );
    expect(await refusal(connect("plain", await token({ user: "plain" })))).to.match(/^28P01 password authentication/);
  });

  it("leaves all others their passwords, bound to the server's certificate where the client asks for that", async () => {
    expect(await userOf(await connect("plain", "plain-password"))).to.equal("plain");
    expect(await userOf(await connect("plain", "plain-password", { ssl: false }))).to.equal("plain");
    expect(await refusal(connect("plain", "wrong"))).to.match(/^28P01 /);
    const ca = await readFile(join(dataDir, "rds-ca", "ca.pem"), "utf8");
    const verified = await connect("master", masterPassword, { ssl: { ca } });
    expect(await userOf(verified)).to.equal("master");
  });

  it("hands on what is large, and cancels", async () => {
    const client = await connect("app", await token());
    const { rows } = await client.query("SELECT repeat('x', 20000000) AS text");
    expect(rows[0].text).to.have.length(20_000_000);
    // What the package's types do not know.
    const { processID: pid, secretKey: secret } = client as unknown as { processID: number; secretKey: number };
    const sleeping = client.query("SELECT pg_sleep(100)").catch((error: Error) => error.message);
    const request = Buffer.alloc(16);
    for (const [index, word] of [16, 80_877_102, pid, secret].entries()) request.writeInt32BE(word, index * 4);
    const socket: Socket = connectTcp(port, "127.0.0.1");
    socket.end(request);
    expect(await sleeping).to.equal("canceling statement due to user request");
  });

  it("is not disturbed by clients that speak something else, or go away", async () => {
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01nonsense", "\0\0\0\x08\x04\xd2\x16/GET"]) {
      await new Promise<void>((resolve) => {
        const socket = connectTcp(port, "127.0.0.1", () => socket.write(Buffer.from(bytes, "latin1")));
        socket.on("error", () => {});
        socket.on("data", () => socket.end());
        socket.on("close", () => resolve());
      });
    }
    expect(await userOf(await connect("app", await token()))).to.equal("app");
  });

  it("is there after a reboot, a stop and a start of the instance, and of LocalAWS", async () => {
    const request = { DBInstanceIdentifier: identifier };
    await aws.rds.send(new RebootDBInstanceCommand(request));
    await untilStatus(aws.rds, identifier, "available");
    expect(await userOf(await connect("app", await token()))).to.equal("app");
    await aws.rds.send(new StopDBInstanceCommand(request));
    await untilStatus(aws.rds, identifier, "stopped");
    expect(await refusal(connect("app", await token()))).to.match(/^ECONNREFUSED/);
    await aws.rds.send(new StartDBInstanceCommand(request));
    await untilStatus(aws.rds, identifier, "available");
    expect(await userOf(await connect("app", await token()))).to.equal("app");
    await aws.close();
    aws = await startLocalAws({ runtime: "embedded", dataDir });
    await untilStatus(aws.rds, identifier, "available");
    expect((await describeInstance(aws.rds, identifier)).Endpoint?.Port).to.equal(port);
    expect(await userOf(await connect("app", await token()))).to.equal("app");
  });

  it("is turned off and on again", async () => {
    const modify = async (EnableIAMDatabaseAuthentication: boolean) => {
      const input = { DBInstanceIdentifier: identifier, EnableIAMDatabaseAuthentication };
      const { DBInstance } = await aws.rds.send(new ModifyDBInstanceCommand(input));
      await untilStatus(aws.rds, identifier, "available");
      return DBInstance?.PendingModifiedValues?.IAMDatabaseAuthenticationEnabled;
    };
    expect(await modify(false)).to.equal(false);
    expect(await refusal(connect("app", await token()))).to.match(/^28000 /);
    expect(await userOf(await connect("plain", "plain-password"))).to.equal("plain");
    expect(await modify(true)).to.equal(true);
    expect(await userOf(await connect("app", await token()))).to.equal("app");
    expect((await describeInstance(aws.rds, identifier)).Endpoint?.Port).to.equal(port);
  });

  describe("by the aws CLI", () => {
    requires("awscli");

    it("takes the token of generate-db-auth-token", async () => {
      const env = { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
      const of = ["--hostname", "localhost", "--port", `${port}`, "--username", "app", "--region", "us-east-1"];
      const made = await run("aws", ["rds", "generate-db-auth-token", ...of], { env, cwd: dataDir });
      expect(await userOf(await connect("app", made.trim()))).to.equal("app");
    });
  });
});
