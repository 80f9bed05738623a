import { href } from "../store/router.ts";

/** The address of a folder of a bucket. */
export function folderHref(bucket: string, prefix: string): string {
  return prefix === "" ? href("buckets", bucket) : `${href("buckets", bucket)}?${new URLSearchParams({ prefix })}`;
}

/** Where one is in a bucket; each folder above is a link. */
export function Breadcrumb({ bucket, prefix }: { bucket: string; prefix: string }) {
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
              href={folderHref(bucket, folder.prefix)}
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
