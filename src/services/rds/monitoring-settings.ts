import type { CreateDBInstanceMessage } from "@aws-sdk/client-rds";
import { isMysqlEngine } from "./engines.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";

type MonitoringRequest = Pick<
  CreateDBInstanceMessage,
  | ("DatabaseInsightsMode" | "EnablePerformanceInsights" | "MonitoringInterval" | "MonitoringRoleArn")
  | ("PerformanceInsightsKMSKeyId" | "PerformanceInsightsRetentionPeriod")
>;

interface Monitored {
  readonly DatabaseInsightsMode?: string | undefined;
  readonly MonitoringInterval?: number | undefined;
  readonly MonitoringRoleArn?: string | undefined;
  readonly PerformanceInsightsEnabled?: boolean | undefined;
  readonly PerformanceInsightsRetentionPeriod?: number | undefined;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
const intervals = [0, 1, 5, 10, 15, 30, 60];

/** Days: a week, months of 31 days, or two years. */
const retentions = [7, ...Array.from({ length: 23 }, (_, month) => 31 * (month + 1)), 731];

/** Days, of Database Insights' Advanced mode. */
const advancedRetention = 31;

/**
 * Checks what a request says of Enhanced Monitoring and of Performance Insights, together with what is in force before.
 * @throws InvalidParameterValue, InvalidParameterCombination
 */
export function checkMonitoring(
  input: MonitoringRequest,
  {
    before = {},
    engine,
    dbClass,
  }: { readonly before?: Monitored; readonly engine: string; readonly dbClass?: string | undefined },
): void {
  checkEnhancedMonitoring(input, before);
  const isEnabled = input.EnablePerformanceInsights ?? before.PerformanceInsightsEnabled ?? false;
  const { PerformanceInsightsRetentionPeriod: asked, PerformanceInsightsKMSKeyId: key } = input;
  // Who turns them off may name what is in force: Terraform does.
  const areOff = !isEnabled && before.PerformanceInsightsEnabled !== true;
  if (areOff && (asked !== undefined || key !== undefined)) {
    throw invalidParameterCombination(
      "To enable Performance Insights, EnablePerformanceInsights must be set to 'true'",
    );
  }
  checkInsightsMode(input.DatabaseInsightsMode, {
    ...{ isEnabled, retention: asked ?? before.PerformanceInsightsRetentionPeriod ?? 7 },
  });
  if (asked !== undefined && !retentions.includes(asked)) {
    throw invalidParameterValue(
      `Invalid Performance Insights retention period. Valid values are: [${retentions.join(", ")}]`,
    );
  }
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.Engines.html
  if (isEnabled && isMysqlEngine(engine) && /^db\.t\dg?\.(?:micro|small)$/.test(dbClass ?? "")) {
    throw invalidParameterCombination("Performance Insights not supported for this configuration.");
  }
}

function checkEnhancedMonitoring(input: MonitoringRequest, before: Monitored): void {
  const interval = input.MonitoringInterval ?? before.MonitoringInterval ?? 0;
  const role = input.MonitoringRoleArn ?? before.MonitoringRoleArn;
  if (!intervals.includes(interval)) {
    throw invalidParameterValue(`Invalid monitoring interval, please enter a value in [${intervals.join(", ")}]`);
  }
  if (interval > 0 && !role) {
    throw invalidParameterCombination(
      "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.",
    );
  }
  if (interval === 0 && input.MonitoringRoleArn) {
    throw invalidParameterCombination(
      "You must specify a MonitoringInterval value other than 0 when you specify a MonitoringRoleARN value.",
    );
  }
  if (input.MonitoringRoleArn && !/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(input.MonitoringRoleArn)) {
    throw invalidParameterValue(
      "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
    );
  }
}

function checkInsightsMode(
  mode: string | undefined,
  { isEnabled, retention }: { readonly isEnabled: boolean; readonly retention: number },
): void {
  if (mode === undefined || mode === "standard") return;
  if (mode !== "advanced") throw invalidParameterValue(`Invalid Database Insights mode: ${mode}`);
  if (isEnabled && retention >= advancedRetention) return;
  if (isEnabled) {
    throw invalidParameterCombination(
      `You can't enable the Advanced mode of Database Insights until you set the retention period for Performance Insights to at least ${advancedRetention} days.`,
    );
  }
  throw invalidParameterCombination(
    `To enable the Advanced mode of Database Insights, enable Performance Insights and set the retention period for Performance Insights to at least ${advancedRetention} days.`,
  );
}
