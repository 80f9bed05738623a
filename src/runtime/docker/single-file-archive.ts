/** A tar archive (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, ustar) of one file of root's, that all may read unless it is said otherwise. */
export function singleFileArchive(name: string, content: string | Buffer, mode = 0o644): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(`${mode.toString(8).padStart(7, "0")}\0`, 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  // The file fills whole blocks, and two empty ones end the archive.
  const padding = Buffer.alloc(((512 - (bytes.length % 512)) % 512) + 1024);
  return Buffer.concat([header, bytes, padding]);
}
