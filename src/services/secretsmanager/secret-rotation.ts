import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter, invalidRequest, managedBy } from "./errors.ts";
import { changeSecret, requireWritableSecret } from "./secret-rows.ts";

export const secretRotation = {
  /** Of what RDS manages: it finds the request, and rotates within a minute. */
  async RotateSecret(ctx, input) {
    const { arn, name, owningService } = await requireWritableSecret(ctx, input.SecretId ?? "");
    const { RotationRules: rules = {}, RotateImmediately = true, ClientRequestToken: token } = input;
    if (input.RotationLambdaARN !== undefined || rules.ScheduleExpression || rules.Duration) {
      const message = "LocalAWS does not emulate rotation by functions, schedules and windows.";
      throw new AwsError("NotImplemented", message, 501);
    }
    if (owningService === undefined) {
      throw invalidRequest("No Lambda rotation function ARN is associated with this secret.");
    }
    const { AutomaticallyAfterDays: days } = rules;
    if (days !== undefined && (days < 1 || days > 1000)) {
      throw invalidParameter("AutomaticallyAfterDays must be between 1 and 1000.");
    }
    const versionId = token ?? ctx.requestId;
    await changeSecret(ctx, arn, (secret) => ({
      ...secret,
      ...(days !== undefined && { rotationDays: days }),
      ...(RotateImmediately && { rotationRequested: secret.rotationRequested ?? versionId }),
    }));
    return { ARN: arn, Name: name, ...(RotateImmediately && { VersionId: versionId }) };
  },

  /** AWS lets one be ended that was never begun. */
  async CancelRotateSecret(ctx, { SecretId: secretId = "" }) {
    const { arn, name, owningService } = await requireWritableSecret(ctx, secretId);
    if (owningService !== undefined) throw managedBy(owningService);
    await changeSecret(ctx, arn, (secret) => ({ ...secret, rotationCancelled: true }));
    return { ARN: arn, Name: name };
  },
} satisfies Operations<typeof SecretsManager, Context>;
