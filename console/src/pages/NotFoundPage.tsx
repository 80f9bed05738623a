import { Button } from "../components/Button.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { href } from "../store/router.ts";

export function NotFoundPage({ what = "There is nothing at this address." }: { what?: string }) {
  return (
    <>
      <PageHead title="Not found" />
      <EmptyState icon="search" title={what}>
        <Button href={href()}>Go to the overview</Button>
      </EmptyState>
    </>
  );
}
