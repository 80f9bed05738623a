/** S3's request ids are 16 digits and capitals. */
export function s3RequestId(uuid: string): string {
  return (uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18)).toUpperCase();
}
