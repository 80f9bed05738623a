import type * as Ec2 from "@aws-sdk/client-ec2";
import type { KeyPairInfo, KeyType, Tag } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidKeyFormat,
  invalidKeyPairDuplicate,
  invalidKeyPairIdNotFound,
  invalidKeyPairNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
} from "./errors.ts";
import { deleteResources, insertResource, listResources, type Resource, tagsMember } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { createSshKeyPair, parseSshPublicKey } from "./ssh-keys.ts";
import { writeTags } from "./stored-tags.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";

export const keyPairs: Resource<KeyPairInfo> = {
  table: "ec2_key_pairs",
  prefix: "key",
  type: "key-pair",
  idOf: (pair) => pair.KeyPairId ?? "",
  columnsOf: (pair) => ({ key_name: pair.KeyName ?? "" }),
  dates: ["CreateTime"],
  ...tagsMember,
  filters: pathFilters<KeyPairInfo>()({
    fingerprint: "KeyFingerprint",
    "key-name": "KeyName",
    "key-pair-id": "KeyPairId",
  }),
  columnFilters: { "key-name": "key_name", "key-pair-id": "id" },
  malformed: invalidKeyPairId,
  notFound: invalidKeyPairIdNotFound,
};

export const keyPairOperations = {
  async CreateKeyPair(ctx, input) {
    // A dry run says nothing of the name, the type and the format: decision 0155.
    if (input.DryRun === true) throw dryRunOperation();
    const name = checkName(input.KeyName);
    const type = input.KeyType ?? "rsa";
    if (type !== "rsa" && type !== "ed25519") throw notOneOf("keyType", type, "rsa, ed25519");
    const format: string = input.KeyFormat ?? "pem";
    if (format !== "pem" && format !== "ppk") throw notOneOf("keyFormat", format, "ppk, pem");
    const tags = tagsOfSpecifications(input.TagSpecifications, ["key-pair"])["key-pair"] ?? [];
    if (await findKeyPair(ctx, name)) throw invalidKeyPairDuplicate();

    const pair = await createSshKeyPair(type, { format, comment: name, checkBytes: ctx.randomBytes(4) });
    const info = await storeKeyPair(ctx, { name, type, publicKey: pair.openSsh, fingerprint: pair.fingerprint, tags });
    return { ...created(info, tags), KeyMaterial: pair.privateKey };
  },

  async ImportKeyPair(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const name = checkName(input.KeyName);
    if (input.PublicKeyMaterial === undefined) throw missingParameter("PublicKeyMaterial");
    const key = parseSshPublicKey(Buffer.from(input.PublicKeyMaterial).toString("utf8"));
    if (key === undefined) throw invalidKeyFormat();
    const tags = tagsOfSpecifications(input.TagSpecifications, ["key-pair"])["key-pair"] ?? [];
    if (await findKeyPair(ctx, name)) throw invalidKeyPairDuplicate();

    const { type, openSsh: publicKey, fingerprint } = key;
    return created(await storeKeyPair(ctx, { name, type, publicKey, fingerprint, tags }), tags);
  },

  async DescribeKeyPairs(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const names = input.KeyNames ?? [];
    if (names.length > 0 && input.KeyPairIds?.length) {
      throw invalidParameterCombination("The parameter 'keyPairId' may not be used in combination with 'keyName'");
    }
    if (names.some((name) => name.trim() === "")) {
      throw invalidParameterValue("Invalid value '' for keyPairNames. It should not be blank");
    }
    const ids = input.KeyPairIds ?? [];
    const there = ids.length === 0 ? [] : await listResources(ctx, keyPairs, { id: ids });
    // To AWS an id that no pair has is as wrong as one that is none: decision 0155.
    const absent = ids.find((id) => !there.some(({ KeyPairId }) => KeyPairId === id));
    if (absent !== undefined) throw invalidKeyPairId(absent);
    const page = await describeResources(ctx, keyPairs, input, {
      ids: input.KeyPairIds,
      only: (pair) => names.length === 0 || names.includes(pair.KeyName ?? ""),
    });
    const missing = names.find((name) => !page.items.some((pair) => pair.KeyName === name));
    if (missing !== undefined && (await findKeyPair(ctx, missing)) === undefined) throw invalidKeyPairNotFound(missing);
    if (input.IncludePublicKey === true) return { KeyPairs: page.items.map(withLineEnd) };
    return { KeyPairs: page.items.map(({ PublicKey: _, ...pair }) => pair) };
  },

  async DeleteKeyPair(ctx, input) {
    if (input.KeyName === undefined && input.KeyPairId === undefined) throw missingParameter("KeyName or KeyPairId");
    const found =
      input.KeyPairId === undefined
        ? await findKeyPair(ctx, input.KeyName ?? "")
        : (await listResources(ctx, keyPairs, { id: input.KeyPairId }))[0];
    if (input.DryRun === true) throw dryRunOperation();
    // A key pair that is not there is deleted without an error.
    if (found?.KeyPairId === undefined) return { Return: true };
    await deleteResources(ctx, keyPairs, [found.KeyPairId]);
    return { Return: true, KeyPairId: found.KeyPairId };
  },
} satisfies Operations<typeof Ec2, Context>;

function invalidKeyPairId(id: string) {
  return invalidParameterValue(`Invalid value '${id}' for keyPairId.`);
}

/** Public keys are told as lines: decision 0155. */
function withLineEnd(pair: KeyPairInfo): KeyPairInfo {
  return { ...pair, PublicKey: `${pair.PublicKey}\n` };
}

export async function findKeyPair(scope: Scope, name: string): Promise<KeyPairInfo | undefined> {
  return (await listResources(scope, keyPairs, { key_name: name }))[0];
}

interface NewKeyPair {
  readonly name: string;
  readonly type: KeyType;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly tags: Tag[];
}

async function storeKeyPair(ctx: Context, pair: NewKeyPair): Promise<KeyPairInfo> {
  const info: KeyPairInfo = {
    KeyPairId: ctx.newId("key"),
    KeyName: pair.name,
    KeyType: pair.type,
    KeyFingerprint: pair.fingerprint,
    // AWS gives the key's name as its comment.
    PublicKey: `${pair.publicKey} ${pair.name}`,
    CreateTime: ctx.now(),
  };
  await inTransaction(ctx, async (scope) => {
    // Making an RSA key takes long enough for another request to have taken the name.
    if (await findKeyPair(scope, pair.name)) throw invalidKeyPairDuplicate();
    await insertResource(scope, keyPairs, info);
    await writeTags(scope, { id: keyPairs.idOf(info), type: "key-pair" }, pair.tags);
  });
  return info;
}

function created(info: KeyPairInfo, tags: Tag[]) {
  return {
    KeyPairId: info.KeyPairId,
    KeyName: info.KeyName,
    KeyFingerprint: info.KeyFingerprint,
    ...(tags.length > 0 ? { Tags: tags } : {}),
  };
}

function checkName(name: string | undefined): string {
  if (name === undefined || name === "") throw missingParameter("KeyName");
  if (name.length > 255) {
    throw invalidParameterValue("Value for parameter KeyName is invalid. Length exceeds maximum of 255.");
  }
  if (name.trim() !== name) throw invalidParameterValue(`Invalid value '${name}' for keyName. It should be trimmed`);
  if (/[^\0-\x7f]/.test(name)) {
    throw invalidParameterValue(
      "Value for parameter KeyName is invalid. Character sets beyond ASCII are not supported.",
    );
  }
  if (/[^\x20-\x7e]/.test(name)) throw invalidParameterValue(`Value for parameter ${name} is invalid. KeyName`);
  return name;
}

function notOneOf(parameter: string, value: string, allowed: string) {
  return invalidParameterValue(
    `1 validation error detected: Value '${value}' at '${parameter}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed}]`,
  );
}
