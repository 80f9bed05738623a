export interface ResourceNameProps {
  /** Null for what has an id alone. */
  readonly name: string | null;
  readonly id?: string | undefined;
  /** Its page. */
  readonly to?: string;
}

/** What a row is about: its name, a link to its page, and the id below where that is another. */
export function ResourceName({ name, id, to }: ResourceNameProps) {
  const title = name ?? id;
  const look = name === null ? "mono" : "break";
  return (
    <span class="resource-name">
      {to === undefined ? (
        <span class={look}>{title}</span>
      ) : (
        <a class={look} href={to}>
          {title}
        </a>
      )}
      {name !== null && id !== undefined && <span class="mono muted">{id}</span>}
    </span>
  );
}
