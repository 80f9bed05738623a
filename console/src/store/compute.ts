import type { Api } from "../api.ts";
import type {
  CreatedKeyPair,
  Image,
  Instance,
  InstanceType,
  KeyPair,
  NewInstance,
  NewKeyPair,
  NewSecurityGroup,
  NewSecurityGroupRule,
  SecurityGroup,
} from "../api-types.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import { listAll } from "./list-all.ts";
import type { Live } from "./live.ts";
import { createUsage, type Usage } from "./usage.ts";

export const instanceActions = ["start", "stop", "reboot"] as const;
export type InstanceAction = (typeof instanceActions)[number];

/** EC2. */
export interface Compute {
  readonly instances: Collection<Instance>;
  readonly keyPairs: Collection<KeyPair>;
  readonly securityGroups: Collection<SecurityGroup>;
  readonly images: Collection<Image>;
  readonly instanceTypes: Collection<InstanceType>;
  launch(instance: NewInstance): Promise<void>;
  act(action: InstanceAction, id: string): Promise<void>;
  terminate(id: string): Promise<void>;
  consoleOutput(id: string): Promise<string>;
  usage(id: string): Usage;
  createKeyPair(pair: NewKeyPair): Promise<CreatedKeyPair>;
  deleteKeyPair(name: string): Promise<void>;
  createSecurityGroup(group: NewSecurityGroup): Promise<void>;
  deleteSecurityGroup(id: string): Promise<void>;
  addRule(groupId: string, rule: NewSecurityGroupRule): Promise<void>;
  removeRule(groupId: string, ruleId: string): Promise<void>;
}

export function createCompute(api: Api, live: Live): Compute {
  const list = <Item>(path: string, member: string, type: string) =>
    createCollection({ load: () => listAll<Item>(api, path, member), live, concerns: ofResourceType(type) });
  const instances = list<Instance>("/ec2/instances", "instances", "instance");
  const keyPairs = list<KeyPair>("/ec2/key-pairs", "key_pairs", "key_pair");
  const securityGroups = list<SecurityGroup>("/ec2/security-groups", "security_groups", "security_group");
  const instance = (id: string) => `/ec2/instances/${encodeURIComponent(id)}`;
  const group = (id: string) => `/ec2/security-groups/${encodeURIComponent(id)}`;
  return {
    instances,
    keyPairs,
    securityGroups,
    images: list<Image>("/ec2/images", "images", "image"),
    instanceTypes: list<InstanceType>("/ec2/instance-types", "instance_types", "instance_type"),
    async launch(json) {
      await api.call("POST", "/ec2/instances", { json });
      await instances.refresh();
    },
    async act(action, id) {
      await api.call("POST", `${instance(id)}/${action}`);
      await instances.refresh();
    },
    async terminate(id) {
      await api.call("DELETE", instance(id));
      await instances.refresh();
    },
    async consoleOutput(id) {
      const { output } = await api.call<{ output: string }>("GET", `${instance(id)}/console-output`);
      return output;
    },
    usage: (id) => createUsage(api, id),
    async createKeyPair(json) {
      const created = await api.call<CreatedKeyPair>("POST", "/ec2/key-pairs", { json });
      await keyPairs.refresh();
      return created;
    },
    async deleteKeyPair(name) {
      await api.call("DELETE", `/ec2/key-pairs/${encodeURIComponent(name)}`);
      await keyPairs.refresh();
    },
    async createSecurityGroup(json) {
      await api.call("POST", "/ec2/security-groups", { json });
      await securityGroups.refresh();
    },
    async deleteSecurityGroup(id) {
      await api.call("DELETE", group(id));
      await securityGroups.refresh();
    },
    async addRule(id, json) {
      await api.call("POST", `${group(id)}/rules`, { json });
      await securityGroups.refresh();
    },
    async removeRule(id, ruleId) {
      await api.call("DELETE", `${group(id)}/rules/${encodeURIComponent(ruleId)}`);
      await securityGroups.refresh();
    },
  };
}
