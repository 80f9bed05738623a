import { ec2 } from "./ec2/index.ts";
import { iam } from "./iam/index.ts";
import { rds } from "./rds/index.ts";
import { rdsData } from "./rds-data/index.ts";
import { s3 } from "./s3/index.ts";
import { secretsManager } from "./secretsmanager/index.ts";
import type { Service } from "./service.ts";
import { ssm } from "./ssm/index.ts";
import { sts } from "./sts/index.ts";

export const services: readonly Service[] = [s3, ec2, rds, sts, iam, secretsManager, ssm, rdsData];
