import { problemOf } from "../api.ts";

export interface Sendable {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly body: FormData | Blob;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body, whose frame may make it a little longer than the file. */
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends a file, or a piece of one, from the disk as it is read, and resolves with the text of the answer. By XMLHttpRequest:
 * `fetch` tells nothing of how far an upload is. @throws ApiError, or the signal's reason
 */
export function send({ method, url, body, headers, onProgress, signal }: Sendable): Promise<string> {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const abort = () => request.abort();
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      if (request.status < 300) resolve(request.responseText);
      else reject(problemOf(request.status, request.responseText));
    };
    request.onerror = () => reject(new Error("The connection broke."));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}
