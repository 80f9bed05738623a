/** Tags as they are: a key and a value each. */
export function TagList({ tags }: { tags: Readonly<Record<string, string>> }) {
  const entries = Object.entries(tags);
  if (entries.length === 0) return <p class="muted">No tags.</p>;
  return (
    <ul class="tags">
      {entries.map(([key, value]) => (
        <li key={key} class="break">
          <span class="muted">{key}</span> {value}
        </li>
      ))}
    </ul>
  );
}
