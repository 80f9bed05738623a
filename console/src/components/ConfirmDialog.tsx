import { useMemo } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { FormDialog } from "./FormDialog.tsx";

export interface ConfirmDialogProps {
  readonly title: string;
  /** What will be gone. */
  readonly names: readonly string[];
  readonly warning: string;
  readonly submit: string;
  readonly work: () => Promise<unknown>;
  /** What is said when it is done. */
  readonly done: string;
  readonly onClose: () => void;
}

const namesShown = 10;

/** Asks once, by name, before something is gone. */
export function ConfirmDialog({ title, names, warning, submit, work, done, onClose }: ConfirmDialogProps) {
  const { toasts } = useConsole();
  // `work` is of the moment at which the dialog opened: what is asked about is what will be done.
  const action = useMemo(() => createAction(work), []);
  return (
    <FormDialog
      title={title}
      submit={submit}
      danger
      action={action}
      onClose={onClose}
      onDone={() => {
        toasts.say(done);
        onClose();
      }}
    >
      <ul class="name-list">
        {names.slice(0, namesShown).map((name) => (
          <li key={name} class="mono break">
            {name}
          </li>
        ))}
        {names.length > namesShown && (
          <li class="muted">and {(names.length - namesShown).toLocaleString("en")} more</li>
        )}
      </ul>
      <p>{warning}</p>
    </FormDialog>
  );
}
