import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { onEachRuntime, ownFolder, ownLocalAws, run } from "../support/acceptance.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";

onEachRuntime("the aws CLI", ["awscli"], (runtime) => {
  const localAws = ownLocalAws(runtime);
  const folder = ownFolder();

  const aws = (...args: string[]) => {
    const { AWS_ENDPOINT_URL = "", ...env } = localAws.current.env;
    return run("aws", ["--endpoint-url", AWS_ENDPOINT_URL, ...args], { env, cwd: folder.path });
  };
  const awsJson = async (...args: string[]) => JSON.parse(await aws(...args, "--output", "json"));

  it("works with s3 mb, cp, sync, ls, rm and rb", async () => {
    await mkdir(join(folder.path, "site/pages"), { recursive: true });
    await writeFile(join(folder.path, "site/index.html"), "<h1>Hello</h1>");
    await writeFile(join(folder.path, "site/pages/one.html"), "<h1>One</h1>");
    await writeFile(join(folder.path, "large.bin"), Buffer.alloc(9 * 1024 * 1024, "0123456789abcde"));

    expect(await aws("s3", "mb", "s3://cli-bucket")).to.equal("make_bucket: cli-bucket\n");
    await aws("s3", "cp", "large.bin", "s3://cli-bucket/large.bin");
    await aws("s3", "sync", "site", "s3://cli-bucket/site");
    expect(await aws("s3", "sync", "site", "s3://cli-bucket/site")).to.equal("");
    const listed = await aws("s3", "ls", "s3://cli-bucket", "--recursive");
    expect(
      listed
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).slice(2).join(" ")),
    ).to.deep.equal(["9437184 large.bin", "14 site/index.html", "12 site/pages/one.html"]);
    await aws("s3", "cp", "s3://cli-bucket/large.bin", "back.bin");
    expect(await readFile(join(folder.path, "back.bin"))).to.deep.equal(await readFile(join(folder.path, "large.bin")));
    await aws("s3", "rm", "s3://cli-bucket/site", "--recursive");
    expect((await aws("s3", "ls", "s3://cli-bucket", "--recursive")).trim()).to.match(/ large\.bin$/);
    await aws("s3", "rb", "s3://cli-bucket", "--force");
    expect(await aws("s3", "ls")).to.equal("");
  });

  it("finds LocalAWS by AWS_ENDPOINT_URL too", async () => {
    const args = ["sts", "get-caller-identity", "--query", "Account"];
    expect(JSON.parse(await run("aws", args, { env: localAws.current.env, cwd: folder.path }))).to.equal(
      "000000000000",
    );
  });

  it("runs an instance with a new key pair and terminates it", async () => {
    const key = await aws(
      "ec2",
      "create-key-pair",
      "--key-name",
      "cli-key",
      "--query",
      "KeyMaterial",
      "--output",
      "text",
    );
    expect(key).to.match(/^-----BEGIN (RSA )?PRIVATE KEY-----/);
    const launch = ["--image-id", "alpine:latest", "--instance-type", "t3.micro", "--key-name", "cli-key"];
    const launched = await awsJson("ec2", "run-instances", ...launch);
    const id: string = launched.Instances[0].InstanceId;
    await aws("ec2", "wait", "instance-running", "--instance-ids", id);
    const { Reservations } = await awsJson("ec2", "describe-instances", "--filters", `Name=instance-id,Values=${id}`);
    expect(Reservations[0].Instances[0]).to.include({ KeyName: "cli-key", InstanceType: "t3.micro" });
    await aws("ec2", "terminate-instances", "--instance-ids", id);
    const state = ["--query", "Reservations[0].Instances[0].State.Name"];
    await eventually("the instance is terminated", async () => {
      const name = await awsJson("ec2", "describe-instances", "--instance-ids", id, ...state);
      return name === "terminated";
    });
  });

  describe("with psql", () => {
    requires("psql");

    it("creates a database, uses it, and deletes it", async () => {
      const id = ["--db-instance-identifier", "cli-database"];
      await aws(
        ...["rds", "create-db-instance", ...id, "--db-instance-class", "db.t3.micro", "--engine", "postgres"],
        ...["--allocated-storage", "20", "--master-username", "master", "--master-user-password", "correct-horse"],
      );
      // The waiter asks every 30 seconds: it is to find what it waits for at its first look.
      await eventually("the database is available", async () => {
        const { DBInstances } = await awsJson("rds", "describe-db-instances", ...id);
        return DBInstances[0].DBInstanceStatus === "available";
      });
      await aws("rds", "wait", "db-instance-available", ...id);
      const { DBInstances } = await awsJson("rds", "describe-db-instances", ...id);
      const { Address, Port } = DBInstances[0].Endpoint;
      const env = { ...localAws.current.env, PGPASSWORD: "correct-horse" };
      const psql = (statement: string) =>
        run("psql", ["-h", Address, "-p", String(Port), "-U", "master", "-XtA", "-c", statement, "postgres"], { env });
      await psql("create table notes (text text)");
      await psql("insert into notes values ('kept')");
      expect(await psql("select text from notes")).to.equal("kept\n");
      await aws("rds", "delete-db-instance", ...id, "--skip-final-snapshot");
      await eventually("the database is gone", async () => {
        const { DBInstances } = await awsJson("rds", "describe-db-instances");
        return DBInstances.length === 0;
      });
    });
  });
});
