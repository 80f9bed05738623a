import { useSignal } from "@preact/signals";
import { useConsole } from "../console-context.ts";
import { Button } from "./Button.tsx";

export interface CopyButtonProps {
  readonly text: string;
  /** What is copied: `the URL`. */
  readonly what: string;
  /** Words beside the icon. */
  readonly children?: string;
}

const confirmedMs = 1500;

export function CopyButton({ text, what, children }: CopyButtonProps) {
  const { toasts } = useConsole();
  const copied = useSignal(false);
  const copy = async () => {
    await copyText(text);
    copied.value = true;
    toasts.say(`Copied ${what}.`);
    setTimeout(() => {
      copied.value = false;
    }, confirmedMs);
  };
  return (
    <Button
      kind={children === undefined ? "quiet" : "plain"}
      size="small"
      icon={copied.value ? "check" : "copy"}
      {...(children === undefined && { label: `Copy ${what}` })}
      onClick={() => void copy()}
    >
      {children}
    </Button>
  );
}

/** Without `navigator.clipboard`, which browsers keep for HTTPS and loopback, a selection is copied as of old. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  // Into the open dialog, if there is one: outside of it nothing can be selected.
  const parent = document.querySelector("dialog[open]") ?? document.body;
  parent.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
