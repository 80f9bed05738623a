import { useMemo } from "preact/hooks";
import { useConsole, useWatched } from "../console-context.ts";
import { plural } from "../format.ts";
import { createAction } from "../store/action.ts";
import { createLaunchForm, type LaunchForm } from "../store/launch-form.ts";
import { SelectField, TextField } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { SecurityGroupChoice } from "./SecurityGroupChoice.tsx";

export function LaunchDialog({ onClose }: { onClose: () => void }) {
  const { compute, toasts } = useConsole();
  const form = useMemo(createLaunchForm, []);
  const launch = useMemo(
    () =>
      createAction(async () => {
        const instance = form.toInput();
        await compute.launch(instance);
        toasts.say(`Launching ${plural(instance.count ?? 1, "instance")}.`);
      }),
    [compute, form, toasts],
  );
  return (
    <FormDialog title="Launch instances" submit="Launch" wide action={launch} onClose={onClose}>
      <div class="field-row">
        <TextField label="Name" placeholder="web" autofocus {...form.bind("name")} />
        <TextField label="Count" type="number" min={1} max={100} required {...form.bind("count")} />
      </div>
      <MachineFields form={form} errors={launch.error.value?.fields} />
      <NetworkFields form={form} />
      <TextField
        label="User data"
        rows={5}
        mono
        placeholder={"#!/bin/sh\necho hello"}
        hint="A script or #cloud-config, as text."
        {...form.bind("userData")}
      />
    </FormDialog>
  );
}

/** Security groups are a VPC's own: those of another cannot be chosen. */
function NetworkFields({ form }: { form: LaunchForm }) {
  const { network } = useConsole();
  const vpcs = useWatched(network.vpcs).items.value;
  const subnets = useWatched(network.subnets).items.value;
  const { value, onInput } = form.bind("subnet");
  const chosen = subnets.find(({ id }) => id === value)?.vpc_id;
  const nameOf = (vpcId: string) => vpcs.find(({ id }) => id === vpcId)?.name ?? vpcId;
  return (
    <>
      <SelectField
        label="Subnet"
        value={value}
        onChange={(id) => {
          form.groups.value = new Set();
          onInput(id);
        }}
        options={[
          { value: "", label: "One of the default VPC" },
          ...subnets.map(({ id, name, cidr, vpc_id: vpc }) => ({
            value: id,
            label: `${name ?? id}, ${cidr} of ${nameOf(vpc)}`,
          })),
        ]}
      />
      <SecurityGroupChoice chosen={form.groups} vpcId={chosen ?? vpcs.find((vpc) => vpc.is_default)?.id} />
    </>
  );
}

function MachineFields({ form, errors }: { form: LaunchForm; errors: ReadonlyMap<string, string> | undefined }) {
  const { compute } = useConsole();
  const images = useWatched(compute.images).items.value;
  const types = useWatched(compute.instanceTypes).items.value;
  const pairs = useWatched(compute.keyPairs).items.value;
  const key = form.bind("key");
  return (
    <>
      <TextField
        label="Image"
        required
        mono
        hint="An AMI of the catalogue, or the name of a Docker image."
        error={errors?.get("ami")}
        suggestions={[
          { value: "alpine:latest", label: "Docker image" },
          ...images.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        {...form.bind("image")}
      />
      <div class="field-row">
        <TextField
          label="Type"
          required
          mono
          error={errors?.get("instance_type")}
          suggestions={types.map(({ name, vcpus, memory_mib: mib }) => ({
            value: name,
            label: `${vcpus} vCPU, ${mib / 1024} GiB`,
          }))}
          {...form.bind("type")}
        />
        <SelectField
          label="Key pair"
          value={key.value}
          onChange={key.onInput}
          options={[{ value: "", label: "None" }, ...pairs.map(({ name }) => ({ value: name, label: name }))]}
        />
      </div>
    </>
  );
}
