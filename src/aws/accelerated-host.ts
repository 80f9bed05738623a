/** Whether a bucket of S3 is asked by its accelerated endpoint: `bucket.s3-accelerate.amazonaws.com`. */
export function isAccelerated(host: string): boolean {
  return host.includes(".s3-accelerate.");
}
