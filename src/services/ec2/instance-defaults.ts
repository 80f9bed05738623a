import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceMetadataDefaultsResponse, UnlimitedSupportedInstanceFamily } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { deleteSetting, readSetting, writeSetting } from "./account-settings.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { inTransaction } from "./scope.ts";

/** Families whose CPU credits an account can choose, with what is so before it does. */
const creditDefaults: Readonly<Record<UnlimitedSupportedInstanceFamily, "standard" | "unlimited">> = {
  t2: "standard",
  t3: "unlimited",
  t3a: "unlimited",
  t4g: "unlimited",
  t8i: "unlimited",
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
    if (input.DryRun === true) throw dryRunOperation();
    const family = checkFamily(input.InstanceFamily);
    const chosen = (await readSetting(ctx, "default-credit-specification"))?.[family];
    const CpuCredits = chosen ?? creditDefaults[family];
    return { InstanceFamilyCreditSpecification: { InstanceFamily: family, CpuCredits } };
  },

  async ModifyDefaultCreditSpecification(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const family = checkFamily(input.InstanceFamily);
    const CpuCredits = required(input.CpuCredits, "CpuCredits").toLowerCase();
    if (CpuCredits !== "standard" && CpuCredits !== "unlimited") {
      throw invalidParameterValue(`Invalid value '${CpuCredits}' for CpuCredits.`);
    }
    return inTransaction(ctx, async (scope) => {
      const kept = (await readSetting(scope, "default-credit-specification")) ?? {};
      await writeSetting(scope, "default-credit-specification", { ...kept, [family]: CpuCredits });
      return { InstanceFamilyCreditSpecification: { InstanceFamily: family, CpuCredits } };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** Decision 0165 has the answers' source. */
function checkFamily(given = ""): UnlimitedSupportedInstanceFamily {
  if (given === "") {
    throw invalidParameterValue(
      "The value (  ) for the parameter InstanceFamily is invalid. Change the value and try again.",
    );
  }
  const name = given.toLowerCase();
  // The keys of an object's own type.
  const family = (Object.keys(creditDefaults) as UnlimitedSupportedInstanceFamily[]).find((one) => one === name);
  if (family !== undefined) return family;
  throw new AwsError(
    "InvalidInstanceFamily",
    `The ${given} instance family does not support Unlimited. Only burstable performance instance families support Unlimited. Change the instance family and try again.`,
  );
}
