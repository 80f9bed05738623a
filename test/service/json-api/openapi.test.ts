import { Validator } from "@seriousme/openapi-schema-validator";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { createCluster } from "../rds/db-clusters.ts";
import { type JsonApi, type RequestOptions, sendRaw, startJsonApi } from "./json-api.ts";

describe("json-api OpenAPI document", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const operations = () =>
    Object.entries(api.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    );

  it("is a valid OpenAPI 3.1 document", async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(api.document) as unknown as Record<string, unknown>);
    expect(result.errors ?? []).to.deep.equal([]);
    expect(result.valid).to.equal(true);
    expect(validator.version).to.equal("3.1");
  });

  it("has the documented routes under their names", () => {
    const names = operations().map(({ method, path }) => `${method} ${path}`);
    expect(names).to.include.members([
      "POST /auth/login",
      "POST /ec2/instances",
      "GET /ec2/instances",
      "POST /ec2/instances/{id}/start",
      "POST /ec2/instances/{id}/stop",
      "DELETE /ec2/instances/{id}",
      "POST /s3/buckets",
      "GET /s3/buckets",
      "DELETE /s3/buckets/{name}",
      "POST /s3/buckets/{name}/objects",
      "GET /s3/buckets/{name}/objects",
      "GET /s3/buckets/{name}/objects/{key}",
      "DELETE /s3/buckets/{name}/objects/{key}",
      "POST /rds/db-instances",
      "GET /rds/db-instances",
      "DELETE /rds/db-instances/{id}",
    ]);
  });

  it("has an operationId of its own for each route", () => {
    const ids = operations().map(({ operation }) => (operation as { operationId?: string }).operationId);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("says of every route but the login that it needs a token, and so it is", async () => {
    for (const { path, method, operation } of operations()) {
      const answer = await api.send(method, path.replace(/\{\w+\}/g, "x"), {
        token: null,
        ...(method === "GET" ? {} : { json: {} }),
      });
      if (operation.security?.length === 0) expect(path).to.equal("/auth/login");
      else expect(answer.status, `${method} ${path}`).to.equal(401);
    }
  });

  it("knows every answer of a walk over all routes, each of which succeeds", async function () {
    this.timeout(180_000);
    const done = async (method: string, path: string, options?: RequestOptions) => {
      const answer = await api.send(method, path, options);
      expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).to.be.within(200, 299);
      return answer.body;
    };
    await done("POST", "/auth/login", { json: { username: "admin", password: "password" } });
    await done("POST", "/auth/ticket", { json: { path: "/events" } });

    await done("GET", "/ec2/images");
    await done("GET", "/ec2/instance-types");
    const { name: keyName } = await done("POST", "/ec2/key-pairs", { json: { name: "walk" } });
    await done("GET", "/ec2/key-pairs");
    const { id: groupId } = await done("POST", "/ec2/security-groups", { json: { name: "walk", description: "walk" } });
    const { id: ruleId } = await done("POST", `/ec2/security-groups/${groupId}/rules`, {
      json: { from_port: 22, cidr: "::/0" },
    });
    await done("GET", "/ec2/security-groups");
    await done("GET", `/ec2/security-groups/${groupId}`);
    await done("DELETE", `/ec2/security-groups/${groupId}/rules/${ruleId}`);
    const launch = { ami: "alpine:latest", name: "walk", key_name: keyName, user_data: "#!/bin/sh\ntrue" };
    const { id } = await done("POST", "/ec2/instances", { json: launch });
    await done("GET", "/ec2/instances");
    await done("GET", `/ec2/instances/${id}`);
    await done("GET", `/ec2/instances/${id}/console-output`);
    await done("GET", `/ec2/instances/${id}/stats`);
    for (const action of ["reboot", "stop", "start"]) await done("POST", `/ec2/instances/${id}/${action}`);
    const { id: volumeId } = await done("POST", "/ec2/volumes", { json: { size: 1 } });
    const volumeIs = (state: string) =>
      eventually(`the volume is ${state}`, async () => {
        const { volumes } = (await api.send<{ volumes: { id: string; state: string }[] }>("GET", "/ec2/volumes")).body;
        return volumes.find((volume) => volume.id === volumeId)?.state === state;
      });
    await volumeIs("available");
    await done("POST", `/ec2/volumes/${volumeId}/attach`, { json: { instance_id: id } });
    await volumeIs("in-use");
    await done("POST", `/ec2/volumes/${volumeId}/detach`);
    await volumeIs("available");
    await done("DELETE", `/ec2/volumes/${volumeId}`);
    await done("DELETE", `/ec2/instances/${id}`);
    await done("DELETE", `/ec2/security-groups/${groupId}`);
    await done("DELETE", `/ec2/key-pairs/${keyName}`);
    const { id: vpcId } = await done("POST", "/ec2/vpcs", { json: { cidr: "10.0.0.0/16" } });
    await done("GET", "/ec2/vpcs");
    const subnet = { vpc_id: vpcId, cidr: "10.0.0.0/24" };
    const { id: subnetId } = await done("POST", "/ec2/subnets", { json: subnet });
    await done("GET", "/ec2/subnets");
    await done("DELETE", `/ec2/subnets/${subnetId}`);
    await done("DELETE", `/ec2/vpcs/${vpcId}`);

    await done("POST", "/s3/buckets", { json: { name: "walk" } });
    await done("GET", "/s3/buckets");
    const form = new FormData();
    form.append("file", new File(["hello"], "a/b.txt", { type: "text/plain" }));
    await done("POST", "/s3/buckets/walk/objects", { body: form });
    await done("GET", "/s3/buckets/walk/objects");
    await done("GET", "/s3/buckets/walk/objects/a/b.txt");
    await done("GET", "/s3/buckets/walk/metadata?key=a/b.txt");
    await done("POST", "/s3/buckets/walk/objects/a/b.txt/presign", { json: {} });
    await done("PUT", "/s3/buckets/walk/versioning", { json: { status: "Suspended" } });
    await done("GET", "/s3/buckets/walk/versions");
    await done("POST", "/s3/buckets/walk/versions/restore", { json: { key: "a/b.txt", version_id: "null" } });
    await done("DELETE", "/s3/buckets/walk/versions?key=a/b.txt&version_id=null");
    const statement = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::walk/x" };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: statement });
    await done("PUT", "/s3/buckets/walk/policy", { json: { policy } });
    await done("GET", "/s3/buckets/walk/settings");
    await done("DELETE", "/s3/buckets/walk/policy");
    await done("DELETE", "/s3/buckets/walk/objects/a/b.txt");
    await done("POST", "/s3/buckets/walk/delete-objects", { json: { keys: ["x"] } });
    const begin = { json: { key: "large" } };
    const { upload_id: first } = await done("POST", "/s3/buckets/walk/uploads", begin);
    await done("DELETE", `/s3/buckets/walk/uploads/${first}?key=large`);
    const { upload_id: uploadId } = await done("POST", "/s3/buckets/walk/uploads", begin);
    const part = await done("PUT", `/s3/buckets/walk/uploads/${uploadId}/parts/1?key=large`, { body: "bytes" });
    const completion = { key: "large", parts: [part] };
    await done("POST", `/s3/buckets/walk/uploads/${uploadId}/complete`, { json: completion });
    await done("DELETE", "/s3/buckets/walk/objects/large");
    for (const key of ["a/b.txt", "large", "x"]) {
      await done("DELETE", `/s3/buckets/walk/versions?key=${key}&version_id=null`);
    }
    await done("DELETE", "/s3/buckets/walk");

    await done("POST", "/rds/db-instances", { json: { id: "walk" } });
    await done("GET", "/rds/db-instances");
    await done("GET", "/rds/db-instances/walk");
    await done("GET", "/rds/db-instances/walk/log");
    await done("POST", "/rds/db-instances/walk/connection", { json: { password: "any" } });
    await done("POST", "/rds/db-instances/walk/password", { json: {} });
    await eventually("the password is set", async () => {
      return (await api.send("GET", "/rds/db-instances/walk")).body.status === "available";
    });
    for (const action of ["reboot", "stop", "start"]) await done("POST", `/rds/db-instances/walk/${action}`);
    await done("POST", "/rds/db-snapshots", { json: { id: "walk", db_instance_id: "walk" } });
    await eventually("the snapshot is taken", async () => {
      const { body } = await api.send<{ db_snapshots: { status: string }[] }>("GET", "/rds/db-snapshots");
      return body.db_snapshots[0]?.status === "available";
    });
    await done("POST", "/rds/db-snapshots/walk/restore", { json: { db_instance_id: "walk-again" } });
    await done("DELETE", "/rds/db-snapshots/walk");
    for (const database of ["walk", "walk-again"]) await done("DELETE", `/rds/db-instances/${database}`);

    const { DBClusterIdentifier: clusterId } = await createCluster(api.aws.rds);
    await done("GET", "/rds/db-clusters");
    await done("DELETE", `/rds/db-clusters/${clusterId}`);

    await done("GET", "/requests");
    // Streams of events go on, and records of databases answer no SQL: they have tests of their own.
    const elsewhere = ["GET /events", "GET /ec2/instances/{id}/stats/events", "POST /rds/db-instances/{id}/query"];
    const names = operations().map(({ method, path }) => `${method} ${path}`);
    expect(names.filter((name) => !elsewhere.includes(name) && !api.answered.has(name))).to.deep.equal([]);
  });

  it("answers a path that is no route with a problem 404, and another method with 405 and Allow", async () => {
    const missing = await api.send("GET", "/ec2/nothing");
    expect(missing.status).to.equal(404);
    expect(missing.headers.get("content-type")).to.match(/^application\/problem\+json/);
    expect(missing.body).to.include({ status: 404, title: "Not Found", code: "NotFound", type: "about:blank" });
    const wrong = await sendRaw(api.aws.endpoint, "/ec2/instances", { method: "DELETE" });
    expect(wrong.status).to.equal(405);
    expect(wrong.headers.allow).to.equal("POST, GET");
  });

  it("is shown by a Swagger UI that is served from here alone", async () => {
    const page = await api.send("GET", "/docs", { token: null });
    expect(page.status).to.equal(200);
    expect(page.headers.get("content-security-policy")).to.include("default-src 'self'").and.not.include("script-src");
    const addresses = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
    expect(addresses).to.have.lengthOf.at.least(3);
    for (const address of addresses) {
      expect(address).to.match(/^\/docs\//);
      expect((await fetch(new URL(address, api.aws.endpoint))).status, address).to.equal(200);
    }
    expect(page.body).to.not.match(/<script>|<script [^>]*>[^<]/);
    expect((await api.send("GET", "/docs/package.json", { token: null })).status).to.equal(404);
    expect((await sendRaw(api.aws.endpoint, "/docs/..%2Fpackage.json")).status).to.equal(404);
  });
});
