import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type DroppedFile, droppedFiles } from "../dropped-files.ts";
import { Icon } from "./Icon.tsx";

export interface DropZoneProps {
  /** Where the files will go. */
  readonly to: string;
  readonly onFiles: (files: readonly DroppedFile[]) => void;
  readonly children: ComponentChildren;
}

/** Takes files and folders that are dragged over it. The upload buttons do the same for the keyboard. */
export function DropZone({ to, onFiles, children }: DropZoneProps) {
  const over = useSignal(false);
  const takesFiles = (transfer: DataTransfer | null) => transfer?.types.includes("Files") === true;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a drop has no keyboard; the upload buttons are its equal
    <div
      class="drop-zone"
      onDragOver={(event) => {
        if (!takesFiles(event.dataTransfer)) return;
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node && event.currentTarget.contains(to))) over.value = false;
      }}
      onDrop={(event) => {
        if (!takesFiles(event.dataTransfer) || event.dataTransfer === null) return;
        event.preventDefault();
        over.value = false;
        void droppedFiles(event.dataTransfer).then(onFiles);
      }}
    >
      {children}
      {over.value && (
        <div class="drop-hint">
          <Icon name="upload" size={28} />
          <p>Drop to upload to {to}</p>
        </div>
      )}
    </div>
  );
}
