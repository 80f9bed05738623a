/** The browser saves it by itself, however large it is: a presigned link needs no token of the page's. */
export function saveFrom(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
