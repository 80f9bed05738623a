import { useMemo } from "preact/hooks";
import { useConsole, useWatched } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";

/** Whether the bucket keeps what is overwritten and deleted. */
export function VersioningSwitch({ bucket }: { bucket: string }) {
  const { storage, toasts } = useConsole();
  const { settings, setVersioning } = storage.settings(bucket);
  const { items, error } = useWatched(settings);
  const change = useMemo(
    () =>
      createAction(async (status: "Enabled" | "Suspended") => {
        await setVersioning(status);
        toasts.say(status === "Enabled" ? "Versioning is on." : "Versioning is suspended.");
      }),
    [setVersioning, toasts],
  );
  const [known] = items.value;
  if (known === undefined) return <ErrorNotice error={error.value} />;
  const isOn = known.versioning === "Enabled";
  return (
    <>
      <div class="pane-head">
        <p class="muted">
          {isOn
            ? "Versioning is on: what is overwritten or deleted is kept."
            : known.versioning === null
              ? "Versioning has never been on: what is overwritten or deleted is gone."
              : "Versioning is suspended: what was kept stays, and what is written now replaces the version null."}
        </p>
        <div class="actions">
          <Button
            kind={isOn ? "plain" : "primary"}
            busy={change.running.value}
            onClick={() => void change.run(isOn ? "Suspended" : "Enabled")}
          >
            {isOn ? "Suspend versioning" : "Turn versioning on"}
          </Button>
        </div>
      </div>
      <ErrorNotice error={change.error.value} />
    </>
  );
}
