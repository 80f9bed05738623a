import { useConsole } from "../console-context.ts";
import { formatBytes, plural } from "../format.ts";
import type { Upload } from "../store/uploads.ts";
import { Button } from "./Button.tsx";

/** What is being uploaded, on whatever page one is. Of many, those that matter are shown. */
export function UploadPanel() {
  const { uploads } = useConsole();
  const list = uploads.list.value;
  if (list.length === 0) return null;
  const active = uploads.active.value;
  const done = list.filter(({ state }) => state.value === "done").length;
  const title = active > 0 ? `Uploading ${done + 1} of ${list.length}` : `Uploaded ${plural(done, "file")}`;
  return (
    <section class="upload-panel" aria-label="Uploads">
      <header>
        <p role="status" class="upload-title">
          {title}
        </p>
        {active > 0 ? (
          <Button kind="quiet" size="small" onClick={() => uploads.cancelAll()}>
            Cancel all
          </Button>
        ) : (
          <Button kind="quiet" size="small" icon="close" label="Close" onClick={() => uploads.clear()} />
        )}
      </header>
      <ul>
        {mostTelling(list).map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

const shownAtOnce = 8;
const order = ["failed", "sending", "waiting", "cancelled", "done"];

function mostTelling(list: readonly Upload[]): Upload[] {
  return list
    .toSorted((a, b) => order.indexOf(a.state.value) - order.indexOf(b.state.value) || a.id - b.id)
    .slice(0, shownAtOnce);
}

function UploadRow({ upload }: { upload: Upload }) {
  const state = upload.state.value;
  const sent = upload.sent.value;
  return (
    <li class={`upload ${state}`}>
      <div class="upload-line">
        <span class="upload-key" title={`${upload.bucket}/${upload.key}`}>
          {upload.key}
        </span>
        <span class="muted nowrap">
          {state === "sending" ? `${formatBytes(sent)} of ${formatBytes(upload.size)}` : state}
        </span>
        {(state === "sending" || state === "waiting") && (
          <Button
            kind="quiet"
            size="small"
            icon="close"
            label={`Cancel the upload of ${upload.key}`}
            onClick={() => upload.cancel()}
          />
        )}
      </div>
      {state === "sending" && <progress aria-label={upload.key} max={Math.max(upload.size, 1)} value={sent} />}
      {upload.error.value && <p class="field-error break">{upload.error.value.message}</p>}
    </li>
  );
}
