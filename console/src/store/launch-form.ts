import { type Signal, signal } from "@preact/signals";
import type { NewInstance } from "../api-types.ts";
import { createFields, type Fields } from "./fields.ts";

type Name = "name" | "count" | "image" | "type" | "key" | "subnet" | "userData";

export interface LaunchForm extends Fields<Name> {
  /** Ids; none: the default group. */
  readonly groups: Signal<ReadonlySet<string>>;
  toInput(): NewInstance;
}

export function createLaunchForm(): LaunchForm {
  const fields = createFields({
    name: "",
    count: "1",
    image: "alpine:latest",
    type: "t2.micro",
    key: "",
    subnet: "",
    userData: "",
  });
  const groups = signal<ReadonlySet<string>>(new Set());
  return {
    ...fields,
    groups,
    toInput() {
      const { name, count, image, type, key, subnet, userData } = fields.values();
      return {
        ami: image.trim(),
        instance_type: type.trim(),
        count: Number(count),
        ...(name !== "" && { name }),
        ...(key !== "" && { key_name: key }),
        ...(subnet !== "" && { subnet_id: subnet }),
        ...(userData !== "" && { user_data: userData }),
        ...(groups.value.size > 0 && { security_group_ids: [...groups.value] }),
      };
    },
  };
}
