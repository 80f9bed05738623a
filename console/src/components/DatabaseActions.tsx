import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Database } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import type { InstanceAction } from "../store/compute.ts";
import { href } from "../store/router.ts";
import { Button } from "./Button.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Toolbar } from "./Toolbar.tsx";

export function DatabaseActions({ database: { id, status, cluster } }: { database: Database }) {
  const { databases, router, toasts } = useConsole();
  const deleting = useSignal(false);
  const act = useMemo(
    () =>
      createAction(async (action: InstanceAction, said: string) => {
        await databases.act(action, id);
        toasts.say(`${said} ${id}.`);
      }),
    [databases, id, toasts],
  );
  const busy = act.running.value;
  return (
    <>
      <Toolbar error={<ErrorNotice error={act.error.value} />}>
        {cluster === null && (
          <>
            <Button
              size="small"
              icon="play"
              disabled={busy || status !== "stopped"}
              onClick={() => void act.run("start", "Starting")}
            >
              Start
            </Button>
            <Button
              size="small"
              icon="stop"
              disabled={busy || status !== "available"}
              onClick={() => void act.run("stop", "Stopping")}
            >
              Stop
            </Button>
          </>
        )}
        <Button
          size="small"
          icon="restart"
          disabled={busy || status !== "available"}
          onClick={() => void act.run("reboot", "Rebooting")}
        >
          Reboot
        </Button>
        <Button
          size="small"
          icon="trash"
          kind="danger"
          disabled={status === "deleting"}
          onClick={() => {
            deleting.value = true;
          }}
        >
          Delete
        </Button>
      </Toolbar>
      {deleting.value && (
        <ConfirmDialog
          title="Delete this database?"
          names={[id]}
          warning={
            cluster === null
              ? "Its data are deleted, too, and this cannot be undone. Snapshots that were taken of it stay."
              : `The data are those of the cluster ${cluster}, and stay.`
          }
          submit="Delete"
          work={() => databases.remove(id)}
          done={`Deleting ${id}.`}
          onClose={() => {
            deleting.value = false;
            if (!databases.list.items.value.some((known) => known.id === id)) router.go(href("databases"));
          }}
        />
      )}
    </>
  );
}
