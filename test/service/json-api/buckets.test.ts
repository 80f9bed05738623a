import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { type JsonApi, startJsonApi } from "./json-api.ts";

describe("json-api buckets", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("are made in a region, listed with it and deleted when they are empty", async () => {
    const made = await api.send("POST", "/s3/buckets", { json: { name: "json-api-one", region: "eu-west-1" } });
    expect(made.status).to.equal(201);
    expect(made.body).to.include({ name: "json-api-one", region: "eu-west-1" });
    const plain = await api.send("POST", "/s3/buckets", { json: { name: "json-api-two" } });
    expect(plain.body).to.include({ region: "us-east-1" });
    const { body } = await api.send<{ buckets: object[]; next_token: string }>(
      "GET",
      "/s3/buckets?prefix=json-api-&limit=1",
    );
    expect(body.buckets).to.deep.equal([made.body]);
    const rest = await api.send<{ buckets: object[] }>(
      "GET",
      `/s3/buckets?prefix=json-api-&next_token=${body.next_token}`,
    );
    expect(rest.body.buckets).to.deep.equal([plain.body]);
    await api.aws.s3.send(new PutObjectCommand({ Bucket: "json-api-two", Key: "k", Body: "x" }));
    const full = await api.send("DELETE", "/s3/buckets/json-api-two");
    expect(full.status).to.equal(409);
    expect(full.body).to.include({ code: "BucketNotEmpty" });
    expect((await api.send("DELETE", "/s3/buckets/json-api-one")).status).to.equal(204);
    expect((await api.send("DELETE", "/s3/buckets/json-api-one")).status).to.equal(404);
  });

  it("refuse a name that is taken with 409, and one that is none with InvalidBucketName 400", async () => {
    const json = { name: "json-api-taken" };
    expect((await api.send("POST", "/s3/buckets", { json })).status).to.equal(201);
    const again = await api.send("POST", "/s3/buckets", { json });
    expect(again.status).to.equal(409);
    expect(again.body).to.include({ code: "BucketAlreadyOwnedByYou" });
    const invalid = await api.send("POST", "/s3/buckets", { json: { name: "No Bucket" } });
    expect(invalid.status).to.equal(400);
    expect(invalid.body).to.include({ code: "InvalidBucketName" });
  });
});
