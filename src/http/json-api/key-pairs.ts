import type { KeyPairInfo } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import { type Route, route } from "./route.ts";
import { dateTime, fromTags, isoTime, named, nextToken, tagsSchema, toTags } from "./schemas.ts";

const keyPair = named(
  "KeyPair",
  z.strictObject({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    fingerprint: z.string(),
    public_key: z.string().nullable(),
    creation_date: dateTime.nullable(),
    tags: tagsSchema,
  }),
);

const newKeyPair = named(
  "NewKeyPair",
  z.strictObject({
    name: z.string().min(1).max(255),
    type: z.enum(["ed25519", "rsa"]).default("ed25519"),
    public_key: z
      .string()
      .optional()
      .describe("A public key to import, as ssh-keygen writes it; none: a pair is made."),
    tags: tagsSchema.optional(),
  }),
);

const createdKeyPair = named(
  "CreatedKeyPair",
  keyPair.extend({
    private_key: z.string().nullable().describe("PEM, this once: LocalAWS does not keep it. Null for an imported key."),
  }),
);

const keyPairList = named("KeyPairList", z.strictObject({ key_pairs: z.array(keyPair), next_token: nextToken }));

export const keyPairRoutes: readonly Route[] = [
  route(
    { ...{ method: "GET", path: "/ec2/key-pairs", tag: "ec2" }, summary: "List key pairs", reply: keyPairList },
    async ({ call }) => {
      const { KeyPairs = [] } = await call("ec2", "DescribeKeyPairs", { IncludePublicKey: true });
      return { key_pairs: KeyPairs.map(toKeyPair), next_token: null };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/key-pairs", tag: "ec2", status: 201 },
      summary: "Create or import a key pair",
      body: newKeyPair,
      reply: createdKeyPair,
      errors: [400, 409],
    },
    async ({ body, call }) => {
      const tags = toTags(body.tags ?? {});
      const named = {
        KeyName: body.name,
        ...(tags.length > 0 ? { TagSpecifications: [{ ResourceType: "key-pair" as const, Tags: tags }] } : {}),
      };
      let privateKey: string | null = null;
      if (body.public_key === undefined) {
        const { KeyMaterial } = await call("ec2", "CreateKeyPair", { ...named, KeyType: body.type });
        privateKey = KeyMaterial ?? null;
      } else {
        await call("ec2", "ImportKeyPair", { ...named, PublicKeyMaterial: Buffer.from(body.public_key, "utf8") });
      }
      const { KeyPairs: [created] = [] } = await call("ec2", "DescribeKeyPairs", {
        KeyNames: [body.name],
        IncludePublicKey: true,
      });
      return { ...toKeyPair(created ?? {}), private_key: privateKey };
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/key-pairs/{name}", tag: "ec2" },
      summary: "Delete a key pair",
      errors: [404],
    },
    async ({ params, call }) => {
      const { KeyPairId } = await call("ec2", "DeleteKeyPair", { KeyName: params.name });
      // EC2 takes the deletion of what is not there for done; here a person has asked for it by name.
      if (KeyPairId === undefined) {
        throw new AwsError("InvalidKeyPair.NotFound", `The key pair '${params.name}' does not exist`, 400);
      }
    },
  ),
];

function toKeyPair(pair: KeyPairInfo): z.input<typeof keyPair> {
  return {
    id: pair.KeyPairId ?? "",
    name: pair.KeyName ?? "",
    type: pair.KeyType ?? "",
    fingerprint: pair.KeyFingerprint ?? "",
    public_key: pair.PublicKey ?? null,
    creation_date: isoTime(pair.CreateTime),
    tags: fromTags(pair.Tags),
  };
}
