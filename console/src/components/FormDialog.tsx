import type { ComponentChildren } from "preact";
import type { Action } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { Dialog } from "./Dialog.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";

export interface FormDialogProps {
  readonly title: string;
  readonly submit: string;
  readonly action: Action<[]>;
  readonly onClose: () => void;
  /** After success; by default the dialog closes. */
  readonly onDone?: () => void;
  readonly danger?: boolean;
  readonly wide?: boolean;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** A form in a dialog: what the server refuses is said in it, and it stays open. */
export function FormDialog({ action, onClose, onDone = onClose, ...props }: FormDialogProps) {
  const submit = async () => {
    if (await action.run()) onDone();
  };
  return (
    <Dialog title={props.title} onClose={onClose} wide={props.wide === true}>
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="dialog-body">
          {props.children}
          <ErrorNotice error={action.error.value} />
        </div>
        <footer class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind={props.danger === true ? "danger" : "primary"}
            busy={action.running.value}
            disabled={props.disabled === true}
          >
            {props.submit}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
