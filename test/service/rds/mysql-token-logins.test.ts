import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModifyDBInstanceCommand, RebootDBInstanceCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import mysql, { type Connection, type ConnectionOptions } from "mysql2/promise";
import { run } from "../../support/acceptance.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { authToken, type TokenOf } from "./auth-tokens.ts";
import { createAvailable, describeInstance, masterPassword, untilStatus } from "./db-instances.ts";

const kinds = [
  { runtime: "embedded", engine: "mariadb", needs: "mariadb" },
  { runtime: "embedded", engine: "mysql", needs: "mysql" },
  { runtime: "docker", engine: "mariadb", needs: "docker" },
  { runtime: "docker", engine: "mysql", needs: "mysqlImage" },
] as const;

for (const { runtime, engine, needs } of kinds) {
  describe(`rds IAM database authentication of ${engine} on the ${runtime} runtime`, function () {
    this.timeout(300_000);
    requires(needs);
    let dataDir: string;
    let aws: TestServer;
    let identifier: string;
    let port: number;
    const clients: Connection[] = [];

    before(async () => {
      dataDir = await mkdtemp(join(tmpdir(), "localaws-tokens-"));
      aws = await startLocalAws({ runtime, dataDir });
      const version = runtime === "docker" && engine === "mysql" ? { EngineVersion: "9.7" } : {};
      const instance = await createAvailable(aws.rds, {
        ...{
          Engine: engine,
          ...version,
          EnableIAMDatabaseAuthentication: true,
          BackupRetentionPeriod: 0,
          DBName: "orders",
        },
      });
      identifier = instance.DBInstanceIdentifier;
      port = instance.Endpoint?.Port ?? 0;
      const master = await connect("master", masterPassword, orders);
      await master.query("CREATE USER app IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'");
      await master.query("CREATE USER plain IDENTIFIED BY 'plain-password'");
      for (const user of ["app", "plain"]) await master.query(`GRANT SELECT ON orders.* TO ${user}`);
    });
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((client) => client.end().catch(() => client.destroy())));
    });
    after(async () => {
      for (const client of clients) client.destroy();
      await aws?.server.reset();
      await aws?.stop();
      await rm(dataDir, { recursive: true });
    });

    const orders = { database: "orders" };
    const encrypted = { ssl: { rejectUnauthorized: false } };

    async function connect(
      user: string,
      password: string,
      options: ConnectionOptions = { ...orders, ...encrypted },
    ): Promise<Connection> {
      const client = await mysql.createConnection({
        ...{ host: "localhost", port, user, password, connectTimeout: 30_000, enableCleartextPlugin: true },
        ...options,
      });
      client.on("error", () => {});
      clients.push(client);
      return client;
    }

    type TokenChanges = Partial<TokenOf>;
    const token = (changes: TokenChanges = {}) => authToken({ host: `localhost:${port}`, ...changes });
    const refusal = (login: Promise<unknown>) =>
      login.then(
        () => "no refusal",
        (error: Error & { code?: string }) => `${error.code} ${error.message}`,
      );
    const accessDenied = /^ER_ACCESS_DENIED_ERROR Access denied for user 'app'@'.*' \(using password: YES\)$/;

    const userOf = async (client: Connection) => {
      const [rows] = await client.query("SELECT CURRENT_USER() AS name");
      return (rows as { name: string }[])[0]?.name;
    };

    it("lets accounts of AWSAuthenticationPlugin in by a token, encrypted, with all else that the client asks for", async () => {
      const client = await connect("app", await token());
      expect(await userOf(client)).to.equal("app@%");
      expect((await client.query("SELECT DATABASE() AS name"))[0]).to.deep.equal([{ name: "orders" }]);
      const [[cipher]] = (await client.query("SHOW STATUS LIKE 'Ssl_cipher'")) as unknown as [{ Value: string }[]];
      expect(cipher?.Value).to.match(/^\w+/);
      expect((await describeInstance(aws.rds, identifier)).IAMDatabaseAuthenticationEnabled).to.equal(true);
    });

    it("refuses tokens of another user, host, port, region or key, and those that have expired", async () => {
      const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
      const wrong: TokenChanges[] = [
        ...[{ user: "plain" }, { host: `elsewhere:${port}` }, { host: "localhost:3306" }, { region: "eu-west-1" }],
        ...[{ secret: "wrong" }, { signingDate: minutesAgo(16) }, { signingDate: minutesAgo(5), expiresIn: 3600 }],
      ];
      for (const changes of wrong) {
        expect(await refusal(connect("app", await token(changes))), JSON.stringify(changes)).to.match(accessDenied);
      }
      expect(await refusal(connect("app", "password"))).to.match(accessDenied);
      expect(await userOf(await connect("app", await token({ signingDate: minutesAgo(14) })))).to.equal("app@%");
    });

    it("refuses tokens without encryption, and to whom they do not belong", async () => {
      // As the server says, or a client that cannot put as much into one block of RSA's.
      const refused = /^(ER_ACCESS_DENIED_ERROR|ERR_OSSL_RSA_DATA_TOO_LARGE)/;
      expect(await refusal(connect("app", await token(), orders))).to.match(refused);
      expect(await refusal(connect("app", "password", orders))).to.match(accessDenied);
      expect(await refusal(connect("plain", await token({ user: "plain" })))).to.match(/^ER_ACCESS_DENIED_ERROR /);
    });

    it("leaves all others their passwords, encrypted with the server's certificate or not", async () => {
      expect(await userOf(await connect("plain", "plain-password"))).to.equal("plain@%");
      expect(await userOf(await connect("plain", "plain-password", orders))).to.equal("plain@%");
      expect(await refusal(connect("plain", "wrong"))).to.match(/^ER_ACCESS_DENIED_ERROR /);
      const ca = await readFile(join(dataDir, "rds-ca", "ca.pem"), "utf8");
      const verified = await connect("master", masterPassword, { ssl: { ca, verifyIdentity: true } });
      expect(await userOf(verified)).to.equal("master@%");
    });

    it("hands on what is large, and makes accounts by prepared statements and in RDS's other spellings", async () => {
      const master = await connect("master", masterPassword);
      const text = "x".repeat(3_000_000);
      const [rows] = await master.query("SELECT ? AS text", [text]);
      expect((rows as { text: string }[])[0]?.text).to.have.length(text.length);
      await master.execute("CREATE USER IF NOT EXISTS other@'%' IDENTIFIED WITH 'AWSAuthenticationPlugin' as \"RDS\"");
      const other = await connect("other", await token({ user: "other" }), encrypted);
      expect(await userOf(other)).to.equal("other@%");
      await master.query("/* a password again */ ALTER USER other IDENTIFIED BY 'other-password'");
      expect(await refusal(connect("other", await token({ user: "other" }), encrypted))).to.match(/DENIED/);
      expect(await userOf(await connect("other", "other-password", encrypted))).to.equal("other@%");
    });

    it("is not disturbed by clients that speak something else, or go away", async () => {
      for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01nonsense", ""]) {
        const socket = connectTcp(port, "127.0.0.1");
        socket.on("error", () => {});
        await once(socket, "data");
        socket.end(Buffer.from(bytes, "latin1"));
        await once(socket, "close");
      }
      expect(await userOf(await connect("app", await token()))).to.equal("app@%");
    });

    it("is there after a reboot, and is turned off and on again", async () => {
      await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: identifier }));
      await untilStatus(aws.rds, identifier, "available");
      expect(await userOf(await connect("app", await token()))).to.equal("app@%");
      const modify = async (EnableIAMDatabaseAuthentication: boolean) => {
        const input = { DBInstanceIdentifier: identifier, EnableIAMDatabaseAuthentication };
        await aws.rds.send(new ModifyDBInstanceCommand(input));
        await untilStatus(aws.rds, identifier, "available");
      };
      await modify(false);
      expect(await refusal(connect("app", await token()))).to.match(/^(ER_ACCESS_DENIED_ERROR|AUTH_)/);
      expect(await userOf(await connect("plain", "plain-password"))).to.equal("plain@%");
      await modify(true);
      expect(await userOf(await connect("app", await token()))).to.equal("app@%");
      expect((await describeInstance(aws.rds, identifier)).Endpoint?.Port).to.equal(port);
    });

    describe("by the aws CLI", () => {
      requires("awscli");

      it("takes the token of generate-db-auth-token", async () => {
        const env = { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
        const of = ["--hostname", "localhost", "--port", `${port}`, "--username", "app", "--region", "us-east-1"];
        const made = await run("aws", ["rds", "generate-db-auth-token", ...of], { env, cwd: dataDir });
        expect(await userOf(await connect("app", made.trim()))).to.equal("app@%");
      });
    });
  });
}
