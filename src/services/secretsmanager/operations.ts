import { randomPasswords } from "./random-passwords.ts";
import { secretBatches } from "./secret-batches.ts";
import { secretDeletion } from "./secret-deletion.ts";
import { secretPolicies } from "./secret-policies.ts";
import { secretReplication } from "./secret-replication.ts";
import { secretRotation } from "./secret-rotation.ts";
import { secretTags } from "./secret-tags.ts";
import { secretValues } from "./secret-values.ts";
import { secretVersionStages } from "./secret-version-stages.ts";
import { secretVersions } from "./secret-versions.ts";
import { secretWriting } from "./secret-writing.ts";
import { secrets } from "./secrets.ts";

/** Every emulated operation, gathered from the family files. */
export const operations = {
  ...randomPasswords,
  ...secrets,
  ...secretBatches,
  ...secretDeletion,
  ...secretPolicies,
  ...secretReplication,
  ...secretRotation,
  ...secretTags,
  ...secretValues,
  ...secretVersionStages,
  ...secretVersions,
  ...secretWriting,
};
