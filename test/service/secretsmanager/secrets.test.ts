import { randomBytes } from "node:crypto";
import {
  BatchGetSecretValueCommand,
  type BatchGetSecretValueCommandInput,
  CancelRotateSecretCommand,
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
  ValidateResourcePolicyCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";

describe("secretsmanager secrets of one's own", () => {
  let aws: TestServer;
  let secrets: SecretsManagerClient;
  before(async () => {
    aws = await startLocalAws();
    secrets = new SecretsManagerClient(aws.clientConfig);
  });
  after(async () => {
    secrets?.destroy();
    await aws?.stop();
  });

  const create = async (changes: Partial<CreateSecretCommandInput> = {}) => {
    const Name = `app/db-${randomBytes(6).toString("hex")}`;
    const { ARN = "", VersionId } = await secrets.send(
      new CreateSecretCommand({ Name, SecretString: "first", ...changes }),
    );
    return { SecretId: Name, ARN, VersionId };
  };
  const read = (SecretId: string, changes: object = {}) =>
    secrets.send(new GetSecretValueCommand({ SecretId, ...changes }));
  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof SecretsManagerServiceException)) throw new Error(`No error of the service: ${error}`);
    return `${error.name} ${error.message}`;
  };
  const notThere = "ResourceNotFoundException Secrets Manager can't find the specified secret.";

  it("are read by name, ARN and the ARN without its end", async () => {
    const { SecretId, ARN, VersionId } = await create({ Description: "of the app" });
    expect(ARN).to.match(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/db-[0-9a-f]{12}-[A-Za-z0-9]{6}$/);
    for (const id of [SecretId, ARN, ARN.slice(0, -7)]) {
      const { $metadata: _, CreatedDate, ...value } = await read(id);
      expect(CreatedDate).to.be.a("date");
      expect(value).to.deep.equal({
        ...{ ARN, Name: SecretId, VersionId, SecretString: "first", VersionStages: ["AWSCURRENT"] },
      });
    }
    const described = await secrets.send(new DescribeSecretCommand({ SecretId }));
    expect(described).to.deep.include({ Name: SecretId, Description: "of the app" });
    expect(described).not.to.have.any.keys("KmsKeyId", "OwningService", "DeletedDate", "RotationEnabled", "Tags");
    expect(await secrets.send(new GetResourcePolicyCommand({ SecretId }))).not.to.have.property("ResourcePolicy");
    expect(await refusal(read("nowhere"))).to.equal(notThere);
  });

  it("have a key of one's own, until it is given back for that of AWS", async () => {
    const { SecretId } = await create({ KmsKeyId: "alias/mine" });
    expect(await secrets.send(new DescribeSecretCommand({ SecretId }))).to.have.property("KmsKeyId", "alias/mine");
    await secrets.send(new UpdateSecretCommand({ SecretId, KmsKeyId: "" }));
    expect(await secrets.send(new DescribeSecretCommand({ SecretId }))).not.to.have.property("KmsKeyId");
  });

  it("have a resource policy, which must be one, and block a public one where that is asked for", async () => {
    const { SecretId, ARN } = await create();
    const policy = (principal: unknown) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: principal, Action: "secretsmanager:GetSecretValue", Resource: "*" }],
      });
    const ResourcePolicy = policy({ AWS: "arn:aws:iam::000000000000:root" });
    const put = (text: string, BlockPublicPolicy = false) =>
      secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: text, BlockPublicPolicy }));
    const read = async () => (await secrets.send(new GetResourcePolicyCommand({ SecretId }))).ResourcePolicy;
    expect(await put(ResourcePolicy, true)).to.include({ ARN, Name: SecretId });
    const printed = [
      ...["{", '  "Version" : "2012-10-17",', '  "Statement" : [ {', '    "Effect" : "Allow",', '    "Principal" : {'],
      ...[
        '      "AWS" : "arn:aws:iam::000000000000:root"',
        "    },",
        '    "Action" : "secretsmanager:GetSecretValue",',
      ],
      ...['    "Resource" : "*"', "  } ]", "}"],
    ].join("\n");
    expect(await read()).to.equal(printed);
    expect(await refusal(put("{}"))).to.match(/^MalformedPolicyDocumentException/);
    const isPublic = "You can not attach a resource policy that grants Public access to your secret.";
    expect(await refusal(put(policy("*"), true))).to.equal(`PublicPolicyException ${isPublic}`);
    expect(await read()).to.equal(printed);
    const validated = await secrets.send(new ValidateResourcePolicyCommand({ ResourcePolicy: policy("*") }));
    expect(validated).to.deep.include({
      PolicyValidationPassed: false,
      ValidationErrors: [{ CheckName: "BlockPublicPolicyCheck", ErrorMessage: isPublic }],
    });
    await secrets.send(new DeleteResourcePolicyCommand({ SecretId }));
    expect(await read()).to.equal(undefined);
  });

  it("have labels that are moved from version to version", async () => {
    const { SecretId, VersionId: first = "" } = await create();
    const value = { SecretId, SecretString: "second", VersionStages: ["MINE"] };
    const { VersionId: second = "" } = await secrets.send(new PutSecretValueCommand(value));
    const move = (changes: Omit<UpdateSecretVersionStageCommandInput, "SecretId">) =>
      secrets.send(new UpdateSecretVersionStageCommand({ SecretId, ...changes }));
    const stages = async () => (await secrets.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;
    const current = { VersionStage: "AWSCURRENT", MoveToVersionId: second };
    expect(await refusal(move(current))).to.match(/^InvalidParameterException .*RemoveFromVersionId/);
    expect(await refusal(move({ VersionStage: "AWSCURRENT", RemoveFromVersionId: first }))).to.match(
      /^InvalidParameterException .*completely removed/,
    );
    await move({ ...current, RemoveFromVersionId: first });
    expect(await stages()).to.deep.equal({ [first]: ["AWSPREVIOUS"], [second]: ["MINE", "AWSCURRENT"] });
    await move({ VersionStage: "MINE", RemoveFromVersionId: second });
    expect(await stages()).to.deep.equal({ [first]: ["AWSPREVIOUS"], [second]: ["AWSCURRENT"] });
  });

  it("hold bytes as well as text, or nothing yet", async () => {
    const { SecretId } = await create({ SecretString: undefined, SecretBinary: Buffer.from([0, 1, 255]) });
    expect((await read(SecretId)).SecretBinary).to.deep.equal(Uint8Array.from([0, 1, 255]));
    const empty = await create({ SecretString: undefined });
    expect(empty.VersionId).to.equal(undefined);
    expect(await refusal(read(empty.SecretId))).to.match(/^ResourceNotFoundException .*AWSCURRENT/);
    expect(await refusal(create({ SecretBinary: Buffer.from("x") }))).to.match(/^InvalidParameterException/);
    expect(await refusal(create({ SecretString: "x".repeat(65_537) }))).to.match(/^InvalidParameterException/);
  });

  it("are made once, and again by the same token alone", async () => {
    const ClientRequestToken = "4f3c1a2b-0000-4000-8000-000000000001";
    const { SecretId, ARN } = await create({ ClientRequestToken });
    const again = (changes: object) =>
      secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: "first", ...changes }));
    expect((await again({ ClientRequestToken })).ARN).to.equal(ARN);
    const exists = `ResourceExistsException The operation failed because the secret ${SecretId} already exists.`;
    expect(await refusal(again({}))).to.equal(exists);
    expect(await refusal(again({ ClientRequestToken, SecretString: "other" }))).to.equal(exists);
    expect(await refusal(create({ Name: "a name" }))).to.match(/^ValidationException Invalid name/);
  });

  it("are made by one of the requests that come at once", async () => {
    const Name = `app/db-${randomBytes(6).toString("hex")}`;
    const calls = Array.from({ length: 8 }, () => create({ Name }));
    const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === "rejected");
    expect(refused).to.have.length(7);
    for (const call of calls)
      if (!(await call.catch(() => undefined))) expect(await refusal(call)).to.match(/^ResourceExists/);
  });

  it("get versions, whose labels move", async () => {
    const { SecretId, ARN, VersionId: first = "" } = await create();
    const put = async (SecretString: string, changes: object = {}) =>
      (await secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ...changes }))).VersionId ?? "";
    const second = await put("second");
    const staged = await put("staged", { VersionStages: ["STAGED"] });
    const stages = async () => (await secrets.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;
    expect(await stages()).to.deep.equal({ [first]: ["AWSPREVIOUS"], [second]: ["AWSCURRENT"], [staged]: ["STAGED"] });
    expect((await read(SecretId, { VersionStage: "STAGED" })).SecretString).to.equal("staged");
    const { VersionId: third = "" } = await secrets.send(
      new UpdateSecretCommand({ SecretId, SecretString: "third", Description: "changed" }),
    );
    expect(await stages()).to.deep.equal({ [second]: ["AWSPREVIOUS"], [third]: ["AWSCURRENT"], [staged]: ["STAGED"] });
    expect((await read(SecretId, { VersionId: first })).SecretString).to.equal("first");
    expect(await put("third", { ClientRequestToken: third })).to.equal(third);
    expect(await refusal(put("fourth", { ClientRequestToken: third }))).to.equal(
      `ResourceExistsException You can't use ClientRequestToken ${third} because that value is already in use for a version of secret ${ARN}.`,
    );
    const ids = async (IncludeDeprecated: boolean) => {
      const command = new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated });
      return (await secrets.send(command)).Versions?.map(({ VersionId }) => VersionId);
    };
    expect(await ids(false)).to.have.members([second, third, staged]);
    expect(await ids(true)).to.have.members([first, second, third, staged]);
  });

  it("are tagged", async () => {
    const { SecretId } = await create({ Tags: [{ Key: "a", Value: "1" }] });
    await secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "b", Value: "2" }] }));
    await secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "a", Value: "3" }] }));
    await secrets.send(new UntagResourceCommand({ SecretId, TagKeys: ["b"] }));
    const { Tags } = await secrets.send(new DescribeSecretCommand({ SecretId }));
    expect(Tags).to.deep.equal([{ Key: "a", Value: "3" }]);
    const reserved = new TagResourceCommand({ SecretId, Tags: [{ Key: "aws:x", Value: "" }] });
    expect(await refusal(secrets.send(reserved))).to.match(/^InvalidParameterException/);
  });

  it("are deleted with a time to restore them, or at once", async () => {
    const { SecretId, ARN } = await create();
    const { DeletionDate } = await secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    expect((DeletionDate?.getTime() ?? 0) - Date.now()).to.be.within(6.9 * 86_400_000, 7 * 86_400_000);
    const marked = "You can't perform this operation on the secret because it was marked for deletion.";
    expect(await refusal(read(SecretId))).to.equal(`InvalidRequestException ${marked}`);
    expect(await refusal(create({ Name: SecretId }))).to.match(/^InvalidRequestException .*scheduled for deletion/);
    expect((await secrets.send(new DescribeSecretCommand({ SecretId }))).DeletedDate).to.be.a("date");
    const listed = async (IncludePlannedDeletion: boolean) => {
      const { SecretList = [] } = await secrets.send(new ListSecretsCommand({ IncludePlannedDeletion }));
      return SecretList.some((secret) => secret.ARN === ARN);
    };
    expect([await listed(false), await listed(true)]).to.deep.equal([false, true]);
    await secrets.send(new RestoreSecretCommand({ SecretId }));
    expect((await read(SecretId)).SecretString).to.equal("first");
    await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    expect(await refusal(read(SecretId))).to.equal(notThere);
    expect(await refusal(secrets.send(new DeleteSecretCommand({ SecretId })))).to.equal(notThere);
    expect((await create({ Name: SecretId })).ARN).not.to.equal(ARN);
  });

  it("are read many at once, by names or by filters, with what cannot be read beside the others", async () => {
    const prefix = `batch-${randomBytes(6).toString("hex")}`;
    const batch = (input: BatchGetSecretValueCommandInput) => secrets.send(new BatchGetSecretValueCommand(input));
    const [one, two, empty] = [`${prefix}-1`, `${prefix}-2`, `${prefix}-3`];
    await create({ Name: two, SecretString: "second" });
    await create({ Name: one });
    await create({ Name: empty, SecretString: undefined });
    const named = await batch({ SecretIdList: [two, "nowhere", one] });
    expect(named.SecretValues?.map(({ Name, SecretString }) => [Name, SecretString])).to.deep.equal([
      [two, "second"],
      [one, "first"],
    ]);
    expect(named.Errors).to.deep.equal([
      {
        SecretId: "nowhere",
        ErrorCode: "ResourceNotFoundException",
        Message: "Secrets Manager can't find the specified secret.",
      },
    ]);
    const Filters = [{ Key: "name" as const, Values: [prefix] }];
    const first = await batch({ Filters, MaxResults: 1 });
    expect(first.SecretValues?.map(({ Name }) => Name)).to.deep.equal([one]);
    const rest = await batch({ Filters, NextToken: first.NextToken });
    expect([rest.SecretValues?.map(({ Name }) => Name), rest.NextToken]).to.deep.equal([[two], undefined]);
    expect(rest.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode])).to.deep.equal([
      [empty, "ResourceNotFoundException"],
    ]);
    const either = "InvalidParameterException Either 'SecretIdList' or 'Filters' must be provided, but not both.";
    expect(await refusal(batch({}))).to.equal(either);
    expect(await refusal(batch({ SecretIdList: [one], Filters }))).to.equal(either);
    expect(await refusal(batch({ SecretIdList: [one], MaxResults: 1 }))).to.match(
      /^InvalidParameterException 'Filters'/,
    );
    expect(await refusal(batch({ Filters, MaxResults: 21 }))).to.match(/^ValidationException .* equal to 20$/);
    expect(await refusal(batch({ SecretIdList: Array(21).fill(one) }))).to.match(
      /^ValidationException .* equal to 20$/,
    );
    expect(await refusal(batch({ Filters, NextToken: "none" }))).to.match(/^InvalidNextTokenException/);
  });

  // As radkawar/stackd has recorded AWS's own answers: testdata/aws/secretsmanager/lifecycle.json and write_validation.json.
  it("tell only what there is to tell: labels, rotation and reading leave their traces one by one", async () => {
    const { SecretId } = await create({ SecretString: undefined });
    const describe = async () => {
      const {
        $metadata: _,
        ARN: __,
        Name,
        CreatedDate,
        LastChangedDate,
        ...rest
      } = await secrets.send(new DescribeSecretCommand({ SecretId }));
      return { changed: LastChangedDate?.getTime() ?? 0, rest };
    };
    expect((await describe()).rest).to.deep.equal({});
    await secrets.send(new CancelRotateSecretCommand({ SecretId }));
    expect((await describe()).rest).to.deep.equal({ RotationEnabled: false });
    const value = { SecretId, ClientRequestToken: "e2bdcd26-8736-4228-8bb9-3f2dc8f88903", SecretString: "first" };
    await secrets.send(new PutSecretValueCommand(value));
    const again = await secrets.send(new PutSecretValueCommand({ ...value, VersionStages: ["REPLAY"] }));
    expect(again.VersionStages).to.deep.equal(["REPLAY", "AWSCURRENT"]);
    const VersionIdsToStages = { [value.ClientRequestToken]: ["REPLAY", "AWSCURRENT"] };
    expect((await describe()).rest).to.deep.equal({ RotationEnabled: false, VersionIdsToStages });
    await read(SecretId);
    const LastAccessedDate = new Date(new Date().toISOString().slice(0, 10));
    const { rest, changed } = await describe();
    expect(rest).to.deep.equal({ RotationEnabled: false, VersionIdsToStages, LastAccessedDate });
    const { Versions: [version] = [] } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId }));
    expect(version).to.deep.include({ LastAccessedDate, KmsKeyIds: ["DefaultEncryptionKey"] });
    await secrets.send(new TagResourceCommand({ SecretId, Tags: [{ Key: "a", Value: "1" }] }));
    const tagged = await describe();
    expect(tagged.changed).to.be.greaterThan(changed);
    await secrets.send(new UntagResourceCommand({ SecretId, TagKeys: ["a"] }));
    expect(await describe()).to.deep.include({ changed: tagged.changed, rest: { ...rest, Tags: [] } });
    await secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    const deleted = await describe();
    expect(deleted.changed).to.be.greaterThan(tagged.changed);
    await secrets.send(new RestoreSecretCommand({ SecretId }));
    expect((await describe()).changed).to.be.greaterThan(deleted.changed);
  });

  it("refuse tokens, labels and values of the wrong length", async () => {
    const { SecretId } = await create();
    const put = (changes: object) =>
      refusal(secrets.send(new PutSecretValueCommand({ SecretId, SecretString: "x", ...changes })));
    const failed = "failed to satisfy constraint: Member must have length greater than or equal to";
    const invalid = "ValidationException 1 validation error detected: Value";
    expect(await put({ ClientRequestToken: "short" })).to.equal(
      `${invalid} 'short' at 'clientRequestToken' ${failed} 32`,
    );
    expect(await put({ VersionStages: [] })).to.equal(`${invalid} '[]' at 'versionStages' ${failed} 1`);
    expect(await put({ VersionStages: [""] })).to.equal(
      `${invalid} '[]' at 'versionStages' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 1]`,
    );
    expect(await put({ SecretString: "" })).to.equal(`${invalid} at 'secretString' ${failed} 1`);
    expect(await refusal(read(SecretId, { VersionId: "short" }))).to.equal(
      `${invalid} 'short' at 'versionId' ${failed} 32`,
    );
    expect((await read(SecretId)).SecretString).to.equal("first");
  });

  it("are given passwords at random", async () => {
    const password = async (input: object) =>
      (await secrets.send(new GetRandomPasswordCommand(input))).RandomPassword ?? "";
    expect(await password({})).to.match(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d ])\S{32}$/);
    expect(await password({ PasswordLength: 64, ExcludePunctuation: true, ExcludeCharacters: "abc012" })).to.match(
      /^[d-zA-Z3-9]{64}$/,
    );
    expect(await password({ PasswordLength: 1, RequireEachIncludedType: false })).to.have.length(1);
    expect(await refusal(password({ PasswordLength: 3 }))).to.match(/^InvalidParameterException/);
  });
});
