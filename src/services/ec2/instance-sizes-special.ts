import type { InstanceSizes } from "./instance-family.ts";

/*
 * AWS's own figures of sizes of one family, as DescribeInstanceTypes gives them:
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/
 */

export const m1Sizes: InstanceSizes = {
  small: [1, 1740, "Low", 2, 4],
  medium: [1, 3788, "Moderate", 2, 6],
};

export const m3Sizes: InstanceSizes = {
  medium: [1, 3840, "Moderate", 2, 6],
  large: [2, 7680, "Moderate", 3, 10],
  xlarge: [4, 15360, "High", 4, 15, [500, 4000, 500, 4000]],
  "2xlarge": [8, 30720, "High", 4, 30, [1000, 8000, 1000, 8000]],
};

export const c3Sizes: InstanceSizes = {
  large: [2, 3840, "Moderate", 3, 10],
  xlarge: [4, 7680, "Moderate", 4, 15, [500, 4000, 500, 4000]],
  "2xlarge": [8, 15360, "High", 4, 15, [1000, 8000, 1000, 8000]],
  "4xlarge": [16, 30720, "High", 8, 30, [2000, 16000, 2000, 16000]],
  "8xlarge": [32, 61440, "10 Gigabit", 8, 30],
};

export const r3Sizes: InstanceSizes = {
  large: [2, 15616, "Moderate", 3, 10],
  xlarge: [4, 31232, "Moderate", 4, 15, [500, 4000, 500, 4000]],
  "2xlarge": [8, 62464, "High", 4, 15, [1000, 8000, 1000, 8000]],
  "4xlarge": [16, 124928, "High", 8, 30, [2000, 16000, 2000, 16000]],
  "8xlarge": [32, 249856, "10 Gigabit", 8, 30],
};

export const t2Sizes: InstanceSizes = {
  nano: [1, 512, "Low to Moderate", 2, 2],
  micro: [1, 1024, "Low to Moderate", 2, 2],
  small: [1, 2048, "Low to Moderate", 3, 4],
  medium: [2, 4096, "Low to Moderate", 3, 6],
  large: [2, 8192, "Low to Moderate", 3, 12],
  xlarge: [4, 16384, "Moderate", 3, 15],
  "2xlarge": [8, 32768, "Moderate", 3, 15],
};

export const m4Sizes: InstanceSizes = {
  large: [2, 8192, "Moderate", 2, 10, [450, 3600, 450, 3600]],
  xlarge: [4, 16384, "High", 4, 15, [750, 6000, 750, 6000]],
  "2xlarge": [8, 32768, "High", 4, 15, [1000, 8000, 1000, 8000]],
  "4xlarge": [16, 65536, "High", 8, 30, [2000, 16000, 2000, 16000]],
  "10xlarge": [40, 163840, "10 Gigabit", 8, 30, [4000, 32000, 4000, 32000]],
  "16xlarge": [64, 262144, "25 Gigabit", 8, 30, [10000, 65000, 10000, 65000]],
};

export const c5Sizes: InstanceSizes = {
  large: [2, 4096, "Up to 10 Gigabit", 3, 10, [650, 4000, 4750, 20000]],
  xlarge: [4, 8192, "Up to 10 Gigabit", 4, 15, [1150, 6000, 4750, 20000]],
  "2xlarge": [8, 16384, "Up to 10 Gigabit", 4, 15, [2300, 10000, 4750, 20000]],
  "4xlarge": [16, 32768, "Up to 10 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "9xlarge": [36, 73728, "12 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "12xlarge": [48, 98304, "12 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "18xlarge": [72, 147456, "25 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
  "24xlarge": [96, 196608, "25 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
};

export const c5aSizes: InstanceSizes = {
  large: [2, 4096, "Up to 10 Gigabit", 3, 10, [200, 800, 3170, 13300]],
  xlarge: [4, 8192, "Up to 10 Gigabit", 4, 15, [400, 1600, 3170, 13300]],
  "2xlarge": [8, 16384, "Up to 10 Gigabit", 4, 15, [800, 3200, 3170, 13300]],
  "4xlarge": [16, 32768, "Up to 10 Gigabit", 8, 30, [1580, 6600, 3170, 13300]],
  "8xlarge": [32, 65536, "10 Gigabit", 8, 30, [3170, 13300, 3170, 13300]],
  "12xlarge": [48, 98304, "12 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "16xlarge": [64, 131072, "20 Gigabit", 15, 50, [6300, 26700, 6300, 26700]],
  "24xlarge": [96, 196608, "20 Gigabit", 15, 50, [9500, 40000, 9500, 40000]],
};

export const a1Sizes: InstanceSizes = {
  medium: [1, 2048, "Up to 10 Gigabit", 2, 4, [300, 2500, 3500, 20000]],
  large: [2, 4096, "Up to 10 Gigabit", 3, 10, [525, 4000, 3500, 20000]],
  xlarge: [4, 8192, "Up to 10 Gigabit", 4, 15, [800, 6000, 3500, 20000]],
  "2xlarge": [8, 16384, "Up to 10 Gigabit", 4, 15, [1750, 10000, 3500, 20000]],
  "4xlarge": [16, 32768, "Up to 10 Gigabit", 8, 30, [3500, 20000, 3500, 20000]],
};

export const c4Sizes: InstanceSizes = {
  large: [2, 3840, "Moderate", 3, 10, [500, 4000, 500, 4000]],
  xlarge: [4, 7680, "High", 4, 15, [750, 6000, 750, 6000]],
  "2xlarge": [8, 15360, "High", 4, 15, [1000, 8000, 1000, 8000]],
  "4xlarge": [16, 30720, "High", 8, 30, [2000, 16000, 2000, 16000]],
  "8xlarge": [36, 61440, "10 Gigabit", 8, 30, [4000, 32000, 4000, 32000]],
};

export const c5nSizes: InstanceSizes = {
  large: [2, 5376, "Up to 25 Gigabit", 3, 10, [650, 4000, 4750, 20000]],
  xlarge: [4, 10752, "Up to 25 Gigabit", 4, 15, [1150, 6000, 4750, 20000]],
  "2xlarge": [8, 21504, "Up to 25 Gigabit", 4, 15, [2300, 10000, 4750, 20000]],
  "4xlarge": [16, 43008, "Up to 25 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "9xlarge": [36, 98304, "50 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "18xlarge": [72, 196608, "100 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
};

export const r4Sizes: InstanceSizes = {
  large: [2, 15616, "Up to 10 Gigabit", 3, 10, [425, 3000, 425, 3000]],
  xlarge: [4, 31232, "Up to 10 Gigabit", 4, 15, [850, 6000, 850, 6000]],
  "2xlarge": [8, 62464, "Up to 10 Gigabit", 4, 15, [1700, 12000, 1700, 12000]],
  "4xlarge": [16, 124928, "Up to 10 Gigabit", 8, 30, [3500, 18750, 3500, 18750]],
  "8xlarge": [32, 249856, "10 Gigabit", 8, 30, [7000, 37500, 7000, 37500]],
  "16xlarge": [64, 499712, "25 Gigabit", 15, 50, [14000, 75000, 14000, 75000]],
};

export const z1dSizes: InstanceSizes = {
  large: [2, 16384, "Up to 10 Gigabit", 3, 10, [800, 3333, 3170, 13333]],
  xlarge: [4, 32768, "Up to 10 Gigabit", 4, 15, [1580, 6667, 3170, 13333]],
  "2xlarge": [8, 65536, "Up to 10 Gigabit", 4, 15, [3170, 13333, 3170, 13333]],
  "3xlarge": [12, 98304, "Up to 10 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "6xlarge": [24, 196608, "12 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "12xlarge": [48, 393216, "25 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
};

export const i3Sizes: InstanceSizes = {
  large: [2, 15616, "Up to 10 Gigabit", 3, 10, [425, 3000, 425, 3000]],
  xlarge: [4, 31232, "Up to 10 Gigabit", 4, 15, [850, 6000, 850, 6000]],
  "2xlarge": [8, 62464, "Up to 10 Gigabit", 4, 15, [1700, 12000, 1700, 12000]],
  "4xlarge": [16, 124928, "Up to 10 Gigabit", 8, 30, [3500, 16000, 3500, 16000]],
  "8xlarge": [32, 249856, "10 Gigabit", 8, 30, [7000, 32500, 7000, 32500]],
  "16xlarge": [64, 499712, "25 Gigabit", 15, 50, [14000, 65000, 14000, 65000]],
};

export const i4iSizes: InstanceSizes = {
  large: [2, 16384, "Up to 10 Gigabit", 3, 10, [625, 5000, 10000, 40000]],
  xlarge: [4, 32768, "Up to 10 Gigabit", 4, 15, [1250, 10000, 10000, 40000]],
  "2xlarge": [8, 65536, "Up to 12 Gigabit", 4, 15, [2500, 20000, 10000, 40000]],
  "4xlarge": [16, 131072, "Up to 25 Gigabit", 8, 30, [5000, 20000, 10000, 40000]],
  "8xlarge": [32, 262144, "18.75 Gigabit", 8, 30, [10000, 40000, 10000, 40000]],
  "16xlarge": [64, 524288, "37.5 Gigabit", 15, 50, [20000, 80000, 20000, 80000]],
  "32xlarge": [128, 1048576, "75 Gigabit", 15, 50, [40000, 160000, 40000, 160000]],
};

export const g4dnSizes: InstanceSizes = {
  xlarge: [4, 16384, "Up to 25 Gigabit", 3, 10, [950, 3000, 3500, 20000]],
  "2xlarge": [8, 32768, "Up to 25 Gigabit", 3, 10, [1150, 6000, 3500, 20000]],
  "4xlarge": [16, 65536, "Up to 25 Gigabit", 3, 10, [4750, 20000, 4750, 20000]],
  "8xlarge": [32, 131072, "50 Gigabit", 4, 15, [9500, 40000, 9500, 40000]],
  "12xlarge": [48, 196608, "50 Gigabit", 8, 30, [9500, 40000, 9500, 40000]],
  "16xlarge": [64, 262144, "50 Gigabit", 4, 15, [9500, 40000, 9500, 40000]],
};

export const g5Sizes: InstanceSizes = {
  xlarge: [4, 16384, "Up to 10 Gigabit", 4, 15, [700, 3000, 3500, 15000]],
  "2xlarge": [8, 32768, "Up to 10 Gigabit", 4, 15, [850, 3500, 3500, 15000]],
  "4xlarge": [16, 65536, "Up to 25 Gigabit", 8, 30, [4750, 20000, 4750, 20000]],
  "8xlarge": [32, 131072, "25 Gigabit", 8, 30, [16000, 65000, 16000, 65000]],
  "12xlarge": [48, 196608, "40 Gigabit", 15, 50, [16000, 65000, 16000, 65000]],
  "16xlarge": [64, 262144, "25 Gigabit", 8, 30, [16000, 65000, 16000, 65000]],
  "24xlarge": [96, 393216, "50 Gigabit", 15, 50, [19000, 80000, 19000, 80000]],
  "48xlarge": [192, 786432, "100 Gigabit", 7, 50, [19000, 80000, 19000, 80000]],
};

export const g6Sizes: InstanceSizes = {
  xlarge: [4, 16384, "Up to 10 Gigabit", 4, 15, [1000, 4000, 5000, 20000]],
  "2xlarge": [8, 32768, "Up to 10 Gigabit", 4, 15, [2000, 8000, 5000, 20000]],
  "4xlarge": [16, 65536, "Up to 25 Gigabit", 8, 30, [8000, 32000, 8000, 32000]],
  "8xlarge": [32, 131072, "25 Gigabit", 8, 30, [16000, 64000, 16000, 64000]],
  "12xlarge": [48, 196608, "40 Gigabit", 8, 30, [20000, 80000, 20000, 80000]],
  "16xlarge": [64, 262144, "25 Gigabit", 15, 50, [20000, 80000, 20000, 80000]],
  "24xlarge": [96, 393216, "50 Gigabit", 15, 50, [30000, 120000, 30000, 120000]],
  "48xlarge": [192, 786432, "100 Gigabit", 15, 50, [60000, 240000, 60000, 240000]],
};

export const gr6Sizes: InstanceSizes = {
  "4xlarge": [16, 131072, "Up to 25 Gigabit", 8, 30, [8000, 32000, 8000, 32000]],
  "8xlarge": [32, 262144, "25 Gigabit", 8, 30, [16000, 64000, 16000, 64000]],
};

/** Without those of several network cards. */
export const g6eSizes: InstanceSizes = {
  xlarge: [4, 32768, "Up to 20 Gigabit", 4, 15, [1000, 4000, 5000, 20000]],
  "2xlarge": [8, 65536, "Up to 20 Gigabit", 4, 15, [2000, 8000, 5000, 20000]],
  "4xlarge": [16, 131072, "20 Gigabit", 8, 30, [8000, 32000, 8000, 32000]],
  "8xlarge": [32, 262144, "25 Gigabit", 8, 30, [16000, 64000, 16000, 64000]],
  "12xlarge": [48, 393216, "100 Gigabit", 10, 30, [20000, 80000, 20000, 80000]],
  "16xlarge": [64, 524288, "35 Gigabit", 15, 50, [20000, 80000, 20000, 80000]],
};

export const p3Sizes: InstanceSizes = {
  "2xlarge": [8, 62464, "Up to 10 Gigabit", 4, 15, [1750, 10000, 1750, 10000]],
  "8xlarge": [32, 249856, "10 Gigabit", 8, 30, [7000, 40000, 7000, 40000]],
  "16xlarge": [64, 499712, "25 Gigabit", 8, 30, [14000, 80000, 14000, 80000]],
};
