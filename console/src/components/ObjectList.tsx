import { useEffect } from "preact/hooks";
import { useConsole } from "../console-context.ts";
import { formatBytes, formatDate } from "../format.ts";
import type { Entry, Listing } from "../store/listing.ts";
import type { Selection } from "../store/selection.ts";
import { folderHref } from "./Breadcrumb.tsx";
import { Icon } from "./Icon.tsx";
import { useVirtualRows } from "./virtual-rows.ts";

/** Pixels; objects.css has it, too. */
const rowHeight = 44;

/** However long the list is, there are elements for what can be seen of it alone. */
export function ObjectList({ listing, selection }: { listing: Listing; selection: Selection }) {
  const entries = listing.entries.value;
  const { frame, first, last } = useVirtualRows(entries.length, rowHeight);
  const nearEnd = last >= entries.length - 100;
  useEffect(() => {
    if (nearEnd && !listing.complete.value) void listing.more();
  }, [nearEnd, listing, entries.length, listing.complete.value]);
  const chosen = selection.keys.value;
  return (
    <div class="table-frame">
      <table class="table objects" aria-rowcount={listing.complete.value ? entries.length + 1 : -1}>
        <caption class="hidden-visually">Objects</caption>
        <thead>
          <tr aria-rowindex={1}>
            <td class="tick">
              <input
                type="checkbox"
                aria-label="Select all that are loaded"
                checked={chosen.size === entries.length}
                indeterminate={chosen.size > 0 && chosen.size < entries.length}
                onChange={(event) => selection.setAll(event.currentTarget.checked)}
              />
            </td>
            <th scope="col">Name</th>
            <th scope="col" class="object-size">
              Size
            </th>
            <th scope="col" class="object-date from-tablet">
              Modified
            </th>
          </tr>
        </thead>
        <tbody ref={frame}>
          <Spacer rows={first} />
          {entries.slice(first, last).map((entry, offset) => (
            <ObjectRow
              key={entry.key}
              entry={entry}
              listing={listing}
              index={first + offset}
              chosen={chosen.has(entry.key)}
              onChoose={(on) => selection.set(entry.key, on)}
            />
          ))}
          <Spacer rows={entries.length - last} />
        </tbody>
      </table>
    </div>
  );
}

/** Stands for rows that are not there. */
function Spacer({ rows }: { rows: number }) {
  return rows > 0 ? <tr class="spacer" style={{ height: `${rows * rowHeight}px` }} /> : null;
}

interface ObjectRowProps {
  readonly entry: Entry;
  readonly listing: Listing;
  readonly index: number;
  readonly chosen: boolean;
  readonly onChoose: (on: boolean) => void;
}

function ObjectRow({ entry, listing: { bucket, prefix }, index, chosen, onChoose }: ObjectRowProps) {
  const { router } = useConsole();
  const name = entry.key.slice(prefix.length);
  return (
    <tr class={chosen ? "chosen" : ""} aria-rowindex={index + 2}>
      <td class="tick">
        <input
          type="checkbox"
          aria-label={`Select ${name}`}
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <span class="object-name">
          <Icon name={entry.folder ? "folder" : "file"} />
          {entry.folder ? (
            <a href={folderHref(bucket, entry.key)}>{name}</a>
          ) : (
            <button type="button" class="link" onClick={() => router.goWith({ key: entry.key })}>
              {name}
            </button>
          )}
        </span>
      </th>
      <td class="object-size">{entry.size === undefined ? "–" : formatBytes(entry.size)}</td>
      <td class="object-date from-tablet">{entry.folder ? "–" : formatDate(entry.lastModified)}</td>
    </tr>
  );
}
