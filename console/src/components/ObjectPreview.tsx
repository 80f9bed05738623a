import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ObjectMetadata } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { loadPreview, type Preview } from "../store/preview.ts";
import { ErrorNotice } from "./ErrorNotice.tsx";

/** What is in an object, where a browser can show it without running it: an image or a video as such, all else as text. */
export function ObjectPreview({ bucket, object }: { bucket: string; object: ObjectMetadata }) {
  const { api, storage } = useConsole();
  const preview = useSignal<Preview | undefined>(undefined);
  const load = useMemo(
    () =>
      createAction(async () => {
        preview.value = await loadPreview({ api, storage }, bucket, object);
      }),
    [api, storage, bucket, object, preview],
  );
  useEffect(() => {
    void load.run();
  }, [load]);
  const shown = preview.value;
  return (
    <>
      <ErrorNotice error={load.error.value} />
      {shown?.kind === "image" && <img class="preview" src={shown.url} alt={`Preview of ${object.key}`} />}
      {/* biome-ignore lint/a11y/useMediaCaption: nobody knows of captions to an object */}
      {shown?.kind === "video" && <video class="preview" src={shown.url} controls preload="metadata" />}
      {/* biome-ignore lint/a11y/useMediaCaption: nobody knows of captions to an object */}
      {shown?.kind === "audio" && <audio src={shown.url} controls preload="metadata" />}
      {shown?.kind === "text" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region without a control inside
        <section class="output" tabIndex={0} aria-label={`Preview of ${object.key}`}>
          <pre>
            {shown.text}
            {shown.cut && "\n…"}
          </pre>
        </section>
      )}
    </>
  );
}
