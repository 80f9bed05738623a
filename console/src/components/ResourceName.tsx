/** What a row is about: its name, a link to its page, and the id below where that is another. */
export function ResourceName({ name, id, to }: { name: string; id?: string | undefined; to?: string }) {
  return (
    <span class="resource-name">
      {to === undefined ? <span class="break">{name}</span> : <a href={to}>{name}</a>}
      {id !== undefined && <span class="mono muted">{id}</span>}
    </span>
  );
}
