import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CpuOptions,
  GroupIdentifier,
  InstanceAttribute,
  InstanceTypeInfo,
  ModifyInstanceAttributeRequest,
  UnsuccessfulInstanceCreditSpecificationItem,
} from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import {
  dryRunOperation,
  incorrectInstanceState,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  notFound,
  unsupportedOperation,
} from "./errors.ts";
import { checkMetadataOptions, cpuCreditsOf, cpuOptionsOf } from "./instance-options.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { attachedInterfaces } from "./interface-attachments.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import {
  checkIds,
  completeResources,
  findResource,
  getResource,
  getResources,
  listResources,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { checkUserData } from "./user-data.ts";
import { volumes } from "./volumes.ts";

export const instanceAttributeOperations = {
  async DescribeInstanceAttribute(ctx, input) {
    if (input.InstanceId === undefined) throw missingParameter("instanceId");
    if (input.Attribute === undefined) throw missingParameter("attribute");
    const instance = await getResource(ctx, instances, input.InstanceId);
    if (input.DryRun === true) throw dryRunOperation();
    await completeResources(ctx, instances, [instance]);
    return { InstanceId: instance.InstanceId, ...attributeOf(instance, input.Attribute) };
  },

  async ModifyInstanceAttribute(ctx, input) {
    if (input.InstanceId === undefined) throw missingParameter("instanceId");
    const changes = changesOf(input);
    if (changes.length === 0) throw missingParameter("attribute");
    if (changes.length > 1) {
      throw invalidParameterCombination("Fields for multiple attribute types specified: only one may be changed");
    }
    const id = input.InstanceId;
    return inTransaction(ctx, async (scope) => {
      const instance = await getResource(scope, instances, id);
      for (const change of changes) await change(scope, instance);
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, instances, instance);
      return {};
    });
  },

  async ResetInstanceAttribute(ctx, input) {
    if (input.InstanceId === undefined) throw missingParameter("instanceId");
    const { InstanceId, Attribute } = input;
    if (Attribute === undefined) throw missingParameter("attribute");
    return inTransaction(ctx, async (scope) => {
      const instance = await getResource(scope, instances, InstanceId);
      switch (Attribute) {
        case "sourceDestCheck":
          if (input.DryRun === true) throw dryRunOperation();
          await changeSourceDestCheck(scope, instance, true);
          await updateResource(scope, instances, instance);
          return {};
        case "kernel":
        case "ramdisk":
          throw unsupportedOperation(`The attribute ${Attribute} is of paravirtual instances; this one is not.`);
        default:
          throw invalidParameterValue(`Value (${Attribute}) for parameter attribute is invalid. It cannot be reset.`);
      }
    });
  },

  async ModifyInstanceCreditSpecification(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const requested = input.InstanceCreditSpecifications ?? [];
    if (requested.length === 0) throw missingParameter("InstanceCreditSpecification");
    return inTransaction(ctx, async (scope) => {
      const successful: { InstanceId: string }[] = [];
      const unsuccessful: UnsuccessfulInstanceCreditSpecificationItem[] = [];
      for (const request of requested) {
        const InstanceId = request.InstanceId ?? "";
        checkIds(instances, [InstanceId]);
        const instance = await findResource(scope, instances, InstanceId);
        const type = instance && getInstanceType(instance.InstanceType ?? "");
        if (instance === undefined || type === undefined) {
          const Message = `The instance ID '${InstanceId}' does not exist`;
          unsuccessful.push({ InstanceId, Error: { Code: "InvalidInstanceID.NotFound", Message } });
        } else if (type.BurstablePerformanceSupported !== true) {
          const Message = `The instance type of '${InstanceId}' does not support CPU credits.`;
          unsuccessful.push({ InstanceId, Error: { Code: "InstanceCreditSpecification.NotSupported", Message } });
        } else {
          instance.CpuCredits = cpuCreditsOf(type, request);
          await updateResource(scope, instances, instance);
          successful.push({ InstanceId });
        }
      }
      return {
        SuccessfulInstanceCreditSpecifications: successful,
        UnsuccessfulInstanceCreditSpecifications: unsuccessful,
      };
    });
  },

  async ModifyInstanceMetadataOptions(ctx, input) {
    const { InstanceId, DryRun, ...options } = input;
    if (InstanceId === undefined) throw missingParameter("instanceId");
    checkMetadataOptions(options);
    return inTransaction(ctx, async (scope) => {
      const instance = await getResource(scope, instances, InstanceId);
      const given = Object.entries(options).filter(([, value]) => value !== undefined);
      instance.MetadataOptions = { ...instance.MetadataOptions, ...Object.fromEntries(given) };
      if (DryRun === true) throw dryRunOperation();
      await updateResource(scope, instances, instance);
      return { InstanceId, InstanceMetadataOptions: { ...instance.MetadataOptions, State: "pending" as const } };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

function attributeOf(instance: StoredInstance, attribute: string): InstanceAttribute {
  switch (attribute) {
    case "blockDeviceMapping":
      return { BlockDeviceMappings: instance.BlockDeviceMappings };
    case "disableApiStop":
      return { DisableApiStop: { Value: instance.DisableApiStop } };
    case "disableApiTermination":
      return { DisableApiTermination: { Value: instance.DisableApiTermination } };
    case "ebsOptimized":
      return { EbsOptimized: { Value: instance.EbsOptimized } };
    case "enaSupport":
      return { EnaSupport: { Value: instance.EnaSupport } };
    case "enclaveOptions":
      return { EnclaveOptions: instance.EnclaveOptions };
    case "groupSet":
      return { Groups: instance.SecurityGroups };
    case "instanceInitiatedShutdownBehavior":
      return { InstanceInitiatedShutdownBehavior: { Value: instance.InstanceInitiatedShutdownBehavior } };
    case "instanceType":
      return { InstanceType: { Value: instance.InstanceType } };
    case "kernel":
      return { KernelId: {} };
    case "productCodes":
      return { ProductCodes: instance.ProductCodes };
    case "ramdisk":
      return { RamdiskId: {} };
    case "rootDeviceName":
      return { RootDeviceName: { Value: instance.RootDeviceName } };
    case "sourceDestCheck":
      return { SourceDestCheck: { Value: instance.SourceDestCheck } };
    case "sriovNetSupport":
      return { SriovNetSupport: instance.SriovNetSupport === undefined ? {} : { Value: instance.SriovNetSupport } };
    case "userData":
      return { UserData: instance.UserData === undefined ? {} : { Value: instance.UserData } };
    default:
      throw invalidParameterValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
  }
}

type Change = (scope: Scope, instance: StoredInstance) => Promise<void> | void;

/** What the request changes: in a member of its own, or as `Attribute` and `Value`. */
function changesOf(input: ModifyInstanceAttributeRequest): Change[] {
  const { Attribute, Value } = input;
  const named = (name: string) => (Attribute === name ? Value : undefined);
  const flag = (value: string | undefined) => (value === undefined ? undefined : value.toLowerCase() === "true");
  const userData =
    input.UserData?.Value === undefined ? named("userData") : Buffer.from(input.UserData.Value).toString("base64");
  if (Attribute !== undefined && !modifiable.includes(Attribute)) {
    throw invalidParameterValue(`Value (${Attribute}) for parameter attribute is invalid. Unknown attribute.`);
  }
  for (const member of ["Kernel", "Ramdisk"] as const) {
    if (input[member] !== undefined) throw unsupportedOperation(`LocalAWS does not emulate a change of ${member}.`);
  }
  const changes: (Change | undefined)[] = [
    setter(input.InstanceType?.Value ?? named("instanceType"), changeType),
    setter(userData, changeUserData),
    setter(input.DisableApiTermination?.Value ?? flag(named("disableApiTermination")), (_, instance, value) => {
      instance.DisableApiTermination = value;
    }),
    setter(input.DisableApiStop?.Value ?? flag(named("disableApiStop")), (_, instance, value) => {
      instance.DisableApiStop = value;
    }),
    setter(
      input.InstanceInitiatedShutdownBehavior?.Value ?? named("instanceInitiatedShutdownBehavior"),
      changeShutdownBehavior,
    ),
    setter(input.EbsOptimized?.Value ?? flag(named("ebsOptimized")), (_, instance, value) => {
      checkStopped(instance);
      instance.EbsOptimized = value;
    }),
    setter(input.SourceDestCheck?.Value ?? flag(named("sourceDestCheck")), changeSourceDestCheck),
    setter(input.EnaSupport?.Value ?? flag(named("enaSupport")), (_, instance, value) => {
      checkStopped(instance);
      instance.EnaSupport = value;
    }),
    setter(input.SriovNetSupport?.Value ?? named("sriovNetSupport"), (_, instance, value) => {
      if (value !== "simple") throw invalidParameterValue(`Invalid value '${value}' for sriovNetSupport.`);
      checkStopped(instance);
      instance.SriovNetSupport = value;
    }),
    setter(input.EnclaveOptions?.Enabled, (_, instance, Enabled) => {
      checkStopped(instance);
      instance.EnclaveOptions = { Enabled };
    }),
    setter(input.Groups === undefined || input.Groups.length === 0 ? undefined : input.Groups, changeGroups),
    setter(
      input.BlockDeviceMappings === undefined || input.BlockDeviceMappings.length === 0
        ? undefined
        : input.BlockDeviceMappings,
      changeBlockDevices,
    ),
  ];
  return changes.filter((change) => change !== undefined);
}

const modifiable: readonly string[] = [
  "blockDeviceMapping",
  "disableApiStop",
  "disableApiTermination",
  "ebsOptimized",
  "enaSupport",
  "groupSet",
  "instanceInitiatedShutdownBehavior",
  "instanceType",
  "sourceDestCheck",
  "sriovNetSupport",
  "userData",
];

function setter<Value>(
  value: Value | undefined,
  set: (scope: Scope, instance: StoredInstance, value: Value) => Promise<void> | void,
): Change | undefined {
  return value === undefined ? undefined : (scope, instance) => set(scope, instance, value);
}

export function checkStopped(instance: StoredInstance): void {
  if (instance.State.Name === "stopped") return;
  throw incorrectInstanceState(`The instance '${instance.InstanceId}' is not in the 'stopped' state.`);
}

function changeType(_scope: Scope, instance: StoredInstance, name: string): void {
  const type = getInstanceType(name);
  checkStopped(instance);
  const before = cpuOptionsOf(getInstanceType(instance.InstanceType ?? ""), undefined);
  instance.InstanceType = type.InstanceType;
  instance.CpuOptions = keptCpuOptions(type, instance.CpuOptions, before);
  instance.CpuCredits = cpuCreditsOf(type, { CpuCredits: instance.CpuCredits });
}

/** Options that were chosen stay where the new type has them; others are the new type's own. */
function keptCpuOptions(type: InstanceTypeInfo, chosen: CpuOptions = {}, usual: CpuOptions): CpuOptions {
  const { CoreCount, ThreadsPerCore } = chosen;
  const isUsual = CoreCount === usual.CoreCount && ThreadsPerCore === usual.ThreadsPerCore;
  const { DefaultCores = 1, ValidCores, ValidThreadsPerCore = [1] } = type.VCpuInfo ?? {};
  const hasCores = (CoreCount ?? 0) <= DefaultCores && ValidCores?.includes(CoreCount ?? 0) !== false;
  const fits = hasCores && ValidThreadsPerCore.includes(ThreadsPerCore ?? 0);
  return isUsual || !fits ? cpuOptionsOf(type, undefined) : chosen;
}

function changeUserData(_scope: Scope, instance: StoredInstance, base64: string): void {
  const userData = checkUserData(base64);
  checkStopped(instance);
  instance.UserData = userData;
}

function changeShutdownBehavior(_scope: Scope, instance: StoredInstance, value: string): void {
  if (value !== "stop" && value !== "terminate") {
    throw invalidParameterValue(`Invalid value '${value}' for instanceInitiatedShutdownBehavior.`);
  }
  instance.InstanceInitiatedShutdownBehavior = value;
}

async function changeSourceDestCheck(scope: Scope, instance: StoredInstance, value: boolean): Promise<void> {
  instance.SourceDestCheck = value;
  for (const networkInterface of await attachedInterfaces(scope, instances.idOf(instance))) {
    networkInterface.SourceDestCheck = value;
    await updateResource(scope, networkInterfaces, networkInterface);
  }
}

async function changeGroups(scope: Scope, instance: StoredInstance, ids: readonly string[]): Promise<void> {
  const groups = await getResources(scope, securityGroups, [...new Set(ids)]);
  const foreign = groups.find((group) => group.VpcId !== instance.VpcId);
  if (foreign !== undefined) {
    throw invalidParameterValue(
      `You have specified two resources that belong to different networks: ${foreign.GroupId} and ${instance.InstanceId}.`,
    );
  }
  const identifiers: GroupIdentifier[] = groups.map(({ GroupId, GroupName }) => ({ GroupId, GroupName }));
  for (const networkInterface of await attachedInterfaces(scope, instances.idOf(instance))) {
    networkInterface.Groups = identifiers;
    await updateResource(scope, networkInterfaces, networkInterface);
  }
}

async function changeBlockDevices(
  scope: Scope,
  instance: StoredInstance,
  mappings: NonNullable<ModifyInstanceAttributeRequest["BlockDeviceMappings"]>,
): Promise<void> {
  const attached = await listResources(scope, volumes, { instance_id: instances.idOf(instance) });
  for (const mapping of mappings) {
    const volume = attached.find((candidate) => candidate.Attachments?.[0]?.Device === mapping.DeviceName);
    const attachment = volume?.Attachments?.[0];
    if (volume === undefined || attachment === undefined) {
      throw notFound("InvalidInstanceAttributeValue", "device name", [mapping.DeviceName ?? ""]);
    }
    attachment.DeleteOnTermination = mapping.Ebs?.DeleteOnTermination ?? attachment.DeleteOnTermination;
    await updateResource(scope, volumes, volume);
  }
}
