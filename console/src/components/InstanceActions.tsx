import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Instance } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { plural } from "../format.ts";
import { createAction } from "../store/action.ts";
import { type InstanceAction, instanceActions } from "../store/compute.ts";
import { eachOf } from "../store/each-of.ts";
import { Button } from "./Button.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import type { IconName } from "./Icon.tsx";
import { Toolbar } from "./Toolbar.tsx";

const looks: Readonly<Record<InstanceAction, { title: string; icon: IconName; said: string; from: string }>> = {
  start: { title: "Start", icon: "play", said: "Starting", from: "stopped" },
  stop: { title: "Stop", icon: "stop", said: "Stopping", from: "running" },
  reboot: { title: "Reboot", icon: "restart", said: "Rebooting", from: "running" },
};

/** What can be done with one instance or with many. `counted`: says how many. */
export function InstanceActions({ instances, counted = false }: { instances: readonly Instance[]; counted?: boolean }) {
  const { compute, toasts } = useConsole();
  const terminating = useSignal(false);
  const act = useMemo(
    () =>
      createAction(async (action: InstanceAction, ids: readonly string[]) => {
        await eachOf(ids, (id) => compute.act(action, id));
        toasts.say(`${looks[action].said} ${ids.length === 1 ? ids[0] : plural(ids.length, "instance")}.`);
      }),
    [compute, toasts],
  );
  const idsIn = (state: string) => instances.filter((instance) => instance.state === state).map(({ id }) => id);
  const alive = instances.filter(({ state }) => state !== "terminated" && state !== "shutting-down");
  return (
    <>
      <Toolbar count={counted ? instances.length : undefined} error={<ErrorNotice error={act.error.value} />}>
        {instanceActions.map((action) => {
          const { title, icon, from } = looks[action];
          const ids = idsIn(from);
          return (
            <Button
              key={action}
              size="small"
              icon={icon}
              disabled={ids.length === 0 || act.running.value}
              onClick={() => void act.run(action, ids)}
            >
              {title}
            </Button>
          );
        })}
        <Button
          size="small"
          icon="trash"
          kind="danger"
          disabled={alive.length === 0}
          onClick={() => {
            terminating.value = true;
          }}
        >
          Terminate
        </Button>
      </Toolbar>
      {terminating.value && (
        <ConfirmDialog
          title={`Terminate ${plural(alive.length, "instance")}?`}
          names={alive.map(({ id, name }) => (name === null ? id : `${name} (${id})`))}
          warning="Their disks are deleted, too. This cannot be undone."
          submit="Terminate"
          work={() => eachOf(alive, ({ id }) => compute.terminate(id))}
          done={`Terminating ${plural(alive.length, "instance")}.`}
          onClose={() => {
            terminating.value = false;
          }}
        />
      )}
    </>
  );
}
