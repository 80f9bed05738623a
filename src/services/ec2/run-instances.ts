import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { instances, reservationsOf } from "./instances.ts";
import { launchInstances } from "./launch-instances.ts";
import { completeResources } from "./resource.ts";

export const runInstancesOperations = {
  async RunInstances(ctx, input) {
    const made = await launchInstances(ctx, input);
    await completeResources(ctx, instances, made);
    const answer = made.map((instance) =>
      instance.State.Name === "pending"
        ? { ...instance, StateReason: { Code: "pending", Message: "pending" } }
        : instance,
    );
    return { ...reservationsOf(ctx, answer)[0] };
  },
} satisfies Operations<typeof Ec2, Context>;
