import { href } from "../store/router.ts";

/** The address of a folder of a bucket. `tab`: what of it is shown; its objects where none is given. */
export function folderHref(bucket: string, prefix: string, tab = "objects"): string {
  const query = new URLSearchParams({ ...(prefix !== "" && { prefix }), ...(tab !== "objects" && { tab }) });
  return query.size === 0 ? href("buckets", bucket) : `${href("buckets", bucket)}?${query}`;
}

/** Where one is in a bucket; each folder above is a link. */
export function Breadcrumb({ bucket, prefix, tab }: { bucket: string; prefix: string; tab: string }) {
  const names = prefix.split("/").slice(0, -1);
  const folders = names.map((name, index) => ({
    name: name === "" ? "(empty)" : name,
    prefix: `${names.slice(0, index + 1).join("/")}/`,
  }));
  const all = [{ name: bucket, prefix: "" }, ...folders];
  return (
    <nav class="breadcrumb" aria-label="Folders">
      <ol>
        {all.map((folder, index) => (
          <li key={folder.prefix}>
            <a
              class="break"
              href={folderHref(bucket, folder.prefix, tab)}
              aria-current={index === all.length - 1 ? "page" : undefined}
            >
              {folder.name}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
