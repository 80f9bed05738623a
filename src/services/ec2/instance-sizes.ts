import type { InstanceSizes } from "./instance-family.ts";

/*
 * AWS's own figures of sizes that several families share, as DescribeInstanceTypes gives them:
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/
 */

export const t3Sizes: InstanceSizes = {
  nano: [2, 512, "Up to 5 Gigabit", 2, 2, [43, 250, 2085, 11800]],
  micro: [2, 1024, "Up to 5 Gigabit", 2, 2, [87, 500, 2085, 11800]],
  small: [2, 2048, "Up to 5 Gigabit", 3, 4, [174, 1000, 2085, 11800]],
  medium: [2, 4096, "Up to 5 Gigabit", 3, 6, [347, 2000, 2085, 11800]],
  large: [2, 8192, "Up to 5 Gigabit", 3, 12, [695, 4000, 2780, 15700]],
  xlarge: [4, 16384, "Up to 5 Gigabit", 4, 15, [695, 4000, 2780, 15700]],
  "2xlarge": [8, 32768, "Up to 5 Gigabit", 4, 15, [695, 4000, 2780, 15700]],
};

export const t3aSizes: InstanceSizes = {
  nano: [2, 512, "Up to 5 Gigabit", 2, 2, [45, 250, 2085, 11800]],
  micro: [2, 1024, "Up to 5 Gigabit", 2, 2, [90, 500, 2085, 11800]],
  small: [2, 2048, "Up to 5 Gigabit", 2, 4, [175, 1000, 2085, 11800]],
  medium: [2, 4096, "Up to 5 Gigabit", 3, 6, [350, 2000, 2085, 11800]],
  large: [2, 8192, "Up to 5 Gigabit", 3, 12, [695, 4000, 2780, 15700]],
  xlarge: [4, 16384, "Up to 5 Gigabit", 4, 15, [695, 4000, 2780, 15700]],
  "2xlarge": [8, 32768, "Up to 5 Gigabit", 4, 15, [695, 4000, 2780, 15700]],
};

export const m5Sizes: InstanceSizes = {
  large: [2, 8192, "Up to 10 Gigabit", 3, 10, [650, 3600, 4750, 18750]],
  xlarge: [4, 16384, "Up to 10 Gigabit", 4, 15, [1150, 6000, 4750, 18750]],
  "2xlarge": [8, 32768, "Up to 10 Gigabit", 4, 15, [2300, 12000, 4750, 18750]],
  "4xlarge": [16, 65536, "Up to 10 Gigabit", 8, 30, [4750, 18750, 4750, 18750]],
  "8xlarge": [32, 131072, "10 Gigabit", 8, 30, [6800, 30000, 6800, 30000]],
  "12xlarge": [48, 196608, "12 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "16xlarge": [64, 262144, "20 Gigabit", 15, 50, [13600, 60000, 13600, 60000]],
  "24xlarge": [96, 393216, "25 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
};

export const m5aSizes: InstanceSizes = {
  large: [2, 8192, "Up to 10 Gigabit", 3, 10, [650, 3600, 2880, 16000]],
  xlarge: [4, 16384, "Up to 10 Gigabit", 4, 15, [1085, 6000, 2880, 16000]],
  "2xlarge": [8, 32768, "Up to 10 Gigabit", 4, 15, [1580, 8333, 2880, 16000]],
  "4xlarge": [16, 65536, "Up to 10 Gigabit", 8, 30, [2880, 16000, 2880, 16000]],
  "8xlarge": [32, 131072, "Up to 10 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "12xlarge": [48, 196608, "10 Gigabit", 8, 30, [6780, 30000, 6780, 30000]],
  "16xlarge": [64, 262144, "12 Gigabit", 15, 50, [9500, 40000, 9500, 40000]],
  "24xlarge": [96, 393216, "20 Gigabit", 15, 50, [13750, 60000, 13750, 60000]],
};

export const m6aSizes: InstanceSizes = {
  large: [2, 8192, "Up to 12.5 Gigabit", 3, 10, [650, 3600, 10000, 40000]],
  xlarge: [4, 16384, "Up to 12.5 Gigabit", 4, 15, [1250, 6000, 10000, 40000]],
  "2xlarge": [8, 32768, "Up to 12.5 Gigabit", 4, 15, [2500, 12000, 10000, 40000]],
  "4xlarge": [16, 65536, "Up to 12.5 Gigabit", 8, 30, [5000, 20000, 10000, 40000]],
  "8xlarge": [32, 131072, "12.5 Gigabit", 8, 30, [10000, 40000, 10000, 40000]],
  "12xlarge": [48, 196608, "18.75 Gigabit", 8, 30, [15000, 60000, 15000, 60000]],
  "16xlarge": [64, 262144, "25 Gigabit", 15, 50, [20000, 80000, 20000, 80000]],
  "24xlarge": [96, 393216, "37.5 Gigabit", 15, 50, [30000, 120000, 30000, 120000]],
  "32xlarge": [128, 524288, "50 Gigabit", 15, 50, [40000, 160000, 40000, 160000]],
  "48xlarge": [192, 786432, "50 Gigabit", 15, 50, [40000, 240000, 40000, 240000]],
};

export const m6iSizes = without(m6aSizes, ["48xlarge"]);
export const m7iSizes = without(m6aSizes, ["32xlarge"]);

export const m7aSizes: InstanceSizes = {
  medium: [1, 4096, "Up to 12.5 Gigabit", 2, 4, [325, 2500, 10000, 40000]],
  ...m6aSizes,
};

export const m6gSizes: InstanceSizes = {
  medium: [1, 4096, "Up to 10 Gigabit", 2, 4, [315, 2500, 4750, 20000]],
  large: [2, 8192, "Up to 10 Gigabit", 3, 10, [630, 3600, 4750, 20000]],
  xlarge: [4, 16384, "Up to 10 Gigabit", 4, 15, [1188, 6000, 4750, 20000]],
  "2xlarge": [8, 32768, "Up to 10 Gigabit", 4, 15, [2375, 12000, 4750, 20000]],
  "4xlarge": [16, 65536, "Up to 10 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "8xlarge": [32, 131072, "12 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "12xlarge": [48, 196608, "20 Gigabit", 8, 30, [14250, 50000, 14250, 50000]],
  "16xlarge": [64, 262144, "25 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
};

export const m7iFlexSizes: InstanceSizes = {
  large: [2, 8192, "Up to 12.5 Gigabit", 3, 10, [312, 2500, 10000, 40000]],
  xlarge: [4, 16384, "Up to 12.5 Gigabit", 4, 15, [625, 3600, 10000, 40000]],
  "2xlarge": [8, 32768, "Up to 12.5 Gigabit", 4, 15, [1250, 6000, 10000, 40000]],
  "4xlarge": [16, 65536, "Up to 12.5 Gigabit", 8, 30, [2500, 12000, 10000, 40000]],
  "8xlarge": [32, 131072, "Up to 12.5 Gigabit", 8, 30, [5000, 20000, 10000, 40000]],
  "12xlarge": [48, 196608, "Up to 18.75 Gigabit", 8, 30, [7500, 30000, 15000, 60000]],
  "16xlarge": [64, 262144, "Up to 25 Gigabit", 15, 50, [10000, 40000, 20000, 80000]],
};

export const m8gSizes: InstanceSizes = {
  medium: [1, 4096, "Up to 12.5 Gigabit", 2, 4, [315, 2500, 10000, 40000]],
  large: [2, 8192, "Up to 12.5 Gigabit", 3, 10, [630, 3600, 10000, 40000]],
  xlarge: [4, 16384, "Up to 12.5 Gigabit", 4, 15, [1250, 6000, 10000, 40000]],
  "2xlarge": [8, 32768, "Up to 15 Gigabit", 4, 15, [2500, 12000, 10000, 40000]],
  "4xlarge": [16, 65536, "Up to 15 Gigabit", 8, 30, [5000, 20000, 10000, 40000]],
  "8xlarge": [32, 131072, "15 Gigabit", 8, 30, [10000, 40000, 10000, 40000]],
  "12xlarge": [48, 196608, "22.5 Gigabit", 8, 30, [15000, 60000, 15000, 60000]],
  "16xlarge": [64, 262144, "30 Gigabit", 15, 50, [20000, 80000, 20000, 80000]],
  "24xlarge": [96, 393216, "40 Gigabit", 15, 50, [30000, 120000, 30000, 120000]],
  "48xlarge": [192, 786432, "50 Gigabit", 15, 50, [40000, 240000, 40000, 240000]],
};

export const m7gSizes = without(m8gSizes, ["24xlarge", "48xlarge"]);

function without(sizes: InstanceSizes, names: readonly string[]): InstanceSizes {
  return Object.fromEntries(Object.entries(sizes).filter(([name]) => !names.includes(name)));
}
