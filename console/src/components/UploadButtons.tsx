import { useEffect, useRef } from "preact/hooks";
import { chosenFiles, type DroppedFile } from "../dropped-files.ts";
import { Button } from "./Button.tsx";

export function UploadButtons({ onFiles }: { onFiles: (files: readonly DroppedFile[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (folder.current !== null) folder.current.webkitdirectory = true;
  }, []);
  const take = (input: HTMLInputElement) => {
    onFiles(chosenFiles(input.files));
    // The same file may be chosen again.
    input.value = "";
  };
  return (
    <>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => take(event.currentTarget)}
      />
      <input ref={folder} type="file" hidden aria-label="Folder" onChange={(event) => take(event.currentTarget)} />
      <Button icon="folder" onClick={() => folder.current?.click()}>
        Upload folder
      </Button>
      <Button kind="primary" icon="upload" onClick={() => files.current?.click()}>
        Upload files
      </Button>
    </>
  );
}
