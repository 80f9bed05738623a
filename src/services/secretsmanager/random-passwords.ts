import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter } from "./errors.ts";

/** What passwords are made of: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
const lowercase = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

export const randomPasswords = {
  GetRandomPassword(ctx, input) {
    const { PasswordLength: length = 32, ExcludeCharacters: excluded = "" } = input;
    const types = [
      input.ExcludeLowercase === true ? "" : lowercase,
      input.ExcludeUppercase === true ? "" : lowercase.toUpperCase(),
      input.ExcludeNumbers === true ? "" : digits,
      input.ExcludePunctuation === true ? "" : punctuation,
      input.IncludeSpace === true ? " " : "",
    ].map((characters) => [...characters].filter((character) => !excluded.includes(character)));
    const used = types.filter((characters) => characters.length > 0);
    const required = input.RequireEachIncludedType === false ? [] : used;
    if (length < Math.max(1, required.length) || length > 4096 || used.length === 0) {
      throw invalidParameter("The password length or the excluded characters leave no password.");
    }
    const password = required.map((characters) => pick(ctx, characters));
    while (password.length < length) password.push(pick(ctx, used.flat()));
    return { RandomPassword: shuffled(ctx, password).join("") };
  },
} satisfies Operations<typeof SecretsManager, Context>;

function pick({ randomBytes }: Context, characters: readonly string[]): string {
  return characters[randomBytes(4).readUInt32BE() % characters.length] ?? "";
}

function shuffled({ randomBytes }: Context, characters: readonly string[]): string[] {
  return characters
    .map((character) => ({ character, rank: randomBytes(4).readUInt32BE() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ character }) => character);
}
