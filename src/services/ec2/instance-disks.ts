import type { Disks } from "./instance-family.ts";

/*
 * Local disks of sizes: how many, and how large each is in GB: https://docs.aws.amazon.com/ec2/latest/instancetypes/
 */

export const m3Disks: Disks = { medium: [1, 4], large: [1, 32], xlarge: [2, 40], "2xlarge": [2, 80] };

export const c3Disks: Disks = {
  ...{ large: [2, 16], xlarge: [2, 40], "2xlarge": [2, 80] },
  ...{ "4xlarge": [2, 160], "8xlarge": [2, 320] },
};

export const r3Disks: Disks = {
  ...{ large: [1, 32], xlarge: [1, 80], "2xlarge": [1, 160] },
  ...{ "4xlarge": [1, 320], "8xlarge": [2, 320] },
};

export const m5dDisks: Disks = {
  large: [1, 75],
  xlarge: [1, 150],
  "2xlarge": [1, 300],
  "4xlarge": [2, 300],
  "8xlarge": [2, 600],
  "12xlarge": [2, 900],
  "16xlarge": [4, 600],
  "24xlarge": [4, 900],
};

export const c5dDisks: Disks = {
  large: [1, 50],
  xlarge: [1, 100],
  "2xlarge": [1, 200],
  "4xlarge": [1, 400],
  "9xlarge": [1, 900],
  "12xlarge": [2, 900],
  "18xlarge": [2, 900],
  "24xlarge": [4, 900],
};

const thirdGeneration: Disks = {
  large: [1, 118],
  xlarge: [1, 237],
  "2xlarge": [1, 474],
  "4xlarge": [1, 950],
  "8xlarge": [1, 1900],
  "12xlarge": [2, 1425],
  "16xlarge": [2, 1900],
};

export const m6idDisks: Disks = { ...thirdGeneration, "24xlarge": [4, 1425], "32xlarge": [4, 1900] };
export const m6gdDisks: Disks = { medium: [1, 59], ...thirdGeneration };

export const z1dDisks: Disks = {
  large: [1, 75],
  xlarge: [1, 150],
  "2xlarge": [1, 300],
  "3xlarge": [1, 450],
  "6xlarge": [1, 900],
  "12xlarge": [2, 900],
};

export const i3Disks: Disks = {
  large: [1, 475],
  xlarge: [1, 950],
  "2xlarge": [1, 1900],
  "4xlarge": [2, 1900],
  "8xlarge": [4, 1900],
  "16xlarge": [8, 1900],
};

export const i4iDisks: Disks = {
  large: [1, 468],
  xlarge: [1, 937],
  "2xlarge": [1, 1875],
  "4xlarge": [1, 3750],
  "8xlarge": [2, 3750],
  "16xlarge": [4, 3750],
  "32xlarge": [8, 3750],
};

export const g4dnDisks: Disks = {
  xlarge: [1, 125],
  "2xlarge": [1, 225],
  "4xlarge": [1, 225],
  "8xlarge": [1, 900],
  "12xlarge": [1, 900],
  "16xlarge": [1, 900],
};

export const g5Disks: Disks = {
  xlarge: [1, 250],
  "2xlarge": [1, 450],
  "4xlarge": [1, 600],
  "8xlarge": [1, 900],
  "12xlarge": [1, 3800],
  "16xlarge": [1, 1900],
  "24xlarge": [1, 3800],
  "48xlarge": [2, 3800],
};

export const g6Disks: Disks = {
  xlarge: [1, 250],
  "2xlarge": [1, 450],
  "4xlarge": [1, 600],
  "8xlarge": [2, 450],
  "12xlarge": [4, 940],
  "16xlarge": [2, 940],
  "24xlarge": [4, 940],
  "48xlarge": [8, 940],
};
