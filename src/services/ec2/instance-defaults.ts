import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceMetadataDefaultsResponse } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { deleteSetting, readSetting, writeSetting } from "./account-settings.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { inTransaction } from "./scope.ts";

/** Families whose CPU credits an account can choose, with what is so before it does. */
const creditDefaults: Readonly<Record<string, string>> = {
  t2: "standard",
  t3: "unlimited",
  t3a: "unlimited",
  t4g: "unlimited",
};

/** `no-preference`, and -1 hops, take a choice back. */
const metadataChoices: Readonly<Record<string, readonly string[]>> = {
  HttpTokens: ["optional", "required"],
  HttpEndpoint: ["enabled", "disabled"],
  InstanceMetadataTags: ["enabled", "disabled"],
  HttpTokensEnforced: ["enabled", "disabled"],
};

export const instanceDefaultOperations = {
  async GetInstanceMetadataDefaults(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const chosen = (await readSetting(ctx, "instance-metadata-defaults")) ?? {};
    // `ModifyInstanceMetadataDefaults` has checked what it kept.
    return { AccountLevel: { ...chosen, ManagedBy: "account" } as InstanceMetadataDefaultsResponse };
  },

  async ModifyInstanceMetadataDefaults(ctx, input) {
    const { DryRun, HttpPutResponseHopLimit: hops, ...choices } = input;
    if (hops !== undefined && hops !== -1 && (hops < 1 || hops > 64)) {
      throw invalidParameterValue(
        `Invalid value '${hops}' for HttpPutResponseHopLimit. Must be between 1 and 64, or -1.`,
      );
    }
    const given = Object.entries(choices).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
    for (const { name, value } of given) {
      if (value === "no-preference" || metadataChoices[name]?.includes(value)) continue;
      throw invalidParameterValue(`Invalid value '${value}' for ${name}.`);
    }
    return inTransaction(ctx, async (scope) => {
      const kept: Record<string, string | number> = { ...(await readSetting(scope, "instance-metadata-defaults")) };
      for (const { name, value } of given) {
        if (value === "no-preference") delete kept[name];
        else kept[name] = value;
      }
      if (hops === -1) delete kept.HttpPutResponseHopLimit;
      else if (hops !== undefined) kept.HttpPutResponseHopLimit = hops;
      if (DryRun === true) throw dryRunOperation();
      if (Object.keys(kept).length === 0) await deleteSetting(scope, "instance-metadata-defaults");
      else await writeSetting(scope, "instance-metadata-defaults", kept);
      return { Return: true };
    });
  },

  async GetDefaultCreditSpecification(ctx, input) {
    const family = checkFamily(input.InstanceFamily);
    if (input.DryRun === true) throw dryRunOperation();
    const chosen = (await readSetting(ctx, "default-credit-specification"))?.[family];
    const CpuCredits = chosen ?? creditDefaults[family];
    return { InstanceFamilyCreditSpecification: { InstanceFamily: input.InstanceFamily, CpuCredits } };
  },

  async ModifyDefaultCreditSpecification(ctx, input) {
    const family = checkFamily(input.InstanceFamily);
    const CpuCredits = required(input.CpuCredits, "CpuCredits");
    if (CpuCredits !== "standard" && CpuCredits !== "unlimited") {
      throw invalidParameterValue(`Invalid value '${CpuCredits}' for CpuCredits.`);
    }
    return inTransaction(ctx, async (scope) => {
      const kept = (await readSetting(scope, "default-credit-specification")) ?? {};
      if (input.DryRun === true) throw dryRunOperation();
      await writeSetting(scope, "default-credit-specification", { ...kept, [family]: CpuCredits });
      return { InstanceFamilyCreditSpecification: { InstanceFamily: input.InstanceFamily, CpuCredits } };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

function checkFamily(family: string | undefined): string {
  const name = required(family, "InstanceFamily");
  if (!Object.hasOwn(creditDefaults, name)) throw invalidParameterValue(`Invalid value '${name}' for InstanceFamily.`);
  return name;
}
