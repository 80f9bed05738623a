/** Shown only when it lasts: what comes at once does not flicker. */
export function Loading() {
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      Loading
    </p>
  );
}
