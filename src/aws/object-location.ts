/** As HTML forms are encoded: `a b/ü~` is `a+b%2F%C3%BC%7E`. */
export function formEncoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Where S3 says that an upload by parts, or by a form, has gone: in the way that the bucket was addressed, by host or by path, with a key
 * that is encoded as in a form, slashes too: https://github.com/aws/aws-sdk-js/issues/811
 * @param host the request's
 */
export function objectLocation(host: string, bucket: string, key: string): string {
  const isVirtualHost = host.startsWith(`${bucket}.`) && !/^[\d.]+(?::\d+)?$/.test(host);
  return `http://${host}/${isVirtualHost ? "" : `${bucket}/`}${formEncoded(key)}`;
}
