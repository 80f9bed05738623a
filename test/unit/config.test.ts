import { resolve } from "node:path";
import { expect } from "chai";
import { ConfigError, loadConfig } from "../../src/config.ts";

describe("config loadConfig", () => {
  it("has working defaults", () => {
    expect(loadConfig({}, {})).to.deep.equal({
      listen: [
        { host: "127.0.0.1", port: 4566 },
        { host: "127.0.0.1", port: 3000, optional: true },
      ],
      dataDir: resolve("data"),
      runtime: "auto",
      accountId: "000000000000",
      region: "us-east-1",
      credentials: [{ accessKeyId: "test", secretAccessKey: "test", accountId: "000000000000" }],
      auth: "on",
      securityGroups: "on",
      searchPath: [],
      unknownAmi: undefined,
      databasePorts: { first: 4510, last: 32_767 },
      honorDatabasePort: true,
      lifecycleDay: 86_400_000,
      accessLogInterval: 60_000,
      longestSilence: 60_000,
      eventWebhooks: [],
      logLevel: "info",
      adminPassword: undefined,
      corsOrigins: [],
      allowedHosts: [],
      sshListen: { host: "127.0.0.1", port: 4522, optional: true },
      databaseUrl: undefined,
    });
  });

  it("takes a flag before its variable, and a variable before the default", () => {
    const env = { LOCALAWS_REGION: "eu-west-1", LOCALAWS_ACCOUNT_ID: "111122223333" };
    const config = loadConfig({ region: "us-gov-west-1" }, env);
    expect(config.region).to.equal("us-gov-west-1");
    expect(config.accountId).to.equal("111122223333");
  });

  it("takes an empty variable for one that is not set", () => {
    expect(loadConfig({}, { LOCALAWS_REGION: "", LOCALAWS_LISTEN: "" })).to.deep.equal(loadConfig({}, {}));
  });

  it("cannot be changed afterwards", () => {
    const config = loadConfig({}, {});
    expect(() => Object.assign(config, { region: "eu-west-1" })).to.throw(TypeError);
    expect(() => Object.assign(config.credentials, { length: 0 })).to.throw(TypeError);
    expect(() => Object.assign(config.listen[0] ?? {}, { port: 1 })).to.throw(TypeError);
  });

  it("reads addresses with names, IPv6, a port alone and port 0", () => {
    const { listen } = loadConfig({ listen: "0.0.0.0:4566, [::1]:5000,localhost:0,8080" }, {});
    expect(listen).to.deep.equal([
      { host: "0.0.0.0", port: 4566 },
      { host: "::1", port: 5000 },
      { host: "localhost", port: 0 },
      { host: "127.0.0.1", port: 8080 },
    ]);
  });

  it("does without port 3000 only where nobody asked for it", () => {
    const asked = loadConfig({}, { LOCALAWS_LISTEN: "127.0.0.1:4566,127.0.0.1:3000" });
    expect(asked.listen.some((address) => address.optional)).to.equal(false);
  });

  it("makes the data folder's path absolute", () => {
    expect(loadConfig({ dataDir: "somewhere/else" }, {}).dataDir).to.equal(resolve("somewhere/else"));
  });

  it("adds credentials to test/test, in the default account where none is given", () => {
    const env = { LOCALAWS_ACCOUNT_ID: "111122223333", LOCALAWS_CREDENTIALS: "AKIAA:one, AKIAB:t/w+o=:444455556666" };
    expect(loadConfig({}, env).credentials).to.deep.equal([
      { accessKeyId: "test", secretAccessKey: "test", accountId: "111122223333" },
      { accessKeyId: "AKIAA", secretAccessKey: "one", accountId: "111122223333" },
      { accessKeyId: "AKIAB", secretAccessKey: "t/w+o=", accountId: "444455556666" },
    ]);
  });

  it("gives the key `test` another secret when told so", () => {
    expect(loadConfig({ credentials: "test:other" }, {}).credentials).to.deep.equal([
      { accessKeyId: "test", secretAccessKey: "other", accountId: "000000000000" },
    ]);
  });

  const refused: [flags: Parameters<typeof loadConfig>[0], message: RegExp][] = [
    [{ listen: "127.0.0.1" }, /--listen \(LOCALAWS_LISTEN\): "127\.0\.0\.1" is no address.*write HOST:PORT/],
    [{ listen: "127.0.0.1:65536" }, /write HOST:PORT/],
    [{ listen: "::1:4566" }, /\[::1\]:4566/],
    [{ listen: "127.0.0.1:4566," }, /"" is no address/],
    [{ runtime: "podman" }, /--runtime .*"podman" is not one of auto, docker, embedded, records/],
    [{ accountId: "123" }, /--account-id .*write twelve digits/],
    [{ region: "Frankfurt" }, /--region .*write one such as us-east-1/],
    [{ auth: "no" }, /--auth .*not one of on, off/],
    [{ databasePorts: "4510" }, /--rds-ports .*write one such as 4510-4559/],
    [{ databasePorts: "4559-4510" }, /no range of ports/],
    [{ honorDatabasePort: "yes" }, /--rds-honor-port .*not one of 1, 0/],
    [{ unknownAmi: "my image" }, /--ec2-unknown-ami .*alpine:latest/],
    [{ corsOrigins: "example.com" }, /--cors-origins .*https:\/\/example\.com/],
    [{ corsOrigins: "https://example.com/" }, /--cors-origins .*is no origin/],
    [{ allowedHosts: "localaws.test:4566" }, /--allowed-hosts .*without a port/],
    [
      { eventWebhooks: "localhost:8080" },
      /--s3-event-webhooks \(LOCALAWS_S3_EVENT_WEBHOOKS\): "localhost:8080" is no webhook.*http:\/\/127/,
    ],
    [{ eventWebhooks: "http://127.0.0.1:8080/,ftp://host/" }, /"ftp:\/\/host\/" is no webhook/],
    [
      { accessLogInterval: "never" },
      /--s3-access-log-seconds .*"never" is no interval: write seconds from 0\.1 to 86400/,
    ],
    [{ logLevel: "verbose" }, /--log-level .*debug/],
    [{ credentials: "AKIAA" }, /--credentials .*write key:secret/],
    [{ credentials: "AKIAA:s:12" }, /--credentials .*write twelve digits/],
  ];
  for (const [flags, message] of refused) {
    it(`refuses ${JSON.stringify(flags)} and says what to write instead`, () => {
      expect(() => loadConfig(flags, {})).to.throw(ConfigError, message);
    });
  }

  it("reads origins and hosts, in lower case", () => {
    const config = loadConfig(
      { corsOrigins: "https://a.example, http://b.example:8080", allowedHosts: "A.test, *" },
      {},
    );
    expect(config.corsOrigins).to.deep.equal(["https://a.example", "http://b.example:8080"]);
    expect(config.allowedHosts).to.deep.equal(["a.test", "*"]);
  });

  it("reads webhooks", () => {
    const { eventWebhooks } = loadConfig(
      { eventWebhooks: "http://127.0.0.1:8080/events?a=1, https://example.com" },
      {},
    );
    expect(eventWebhooks).to.deep.equal(["http://127.0.0.1:8080/events?a=1", "https://example.com/"]);
  });

  it("never repeats a secret in a message", () => {
    expect(() => loadConfig({ eventWebhooks: "http://user:hush@127.0.0.1/" }, {}))
      .to.throw(ConfigError, /may not hold a user name/)
      .with.property("message")
      .that.does.not.contain("hush");
    expect(() => loadConfig({ credentials: "AKIAA:hush:1:2" }, {}))
      .to.throw(ConfigError)
      .with.property("message")
      .that.does.not.contain("hush");
  });

  it("refuses LOCALAWS_DATABASE_URL rather than ignoring it", () => {
    expect(() => loadConfig({}, { LOCALAWS_DATABASE_URL: "postgres://localhost/x" })).to.throw(ConfigError, /SQLite/);
  });
});
