/** What `becomeRoot` runs, as root and with no environment: the caller's user id, then the arguments. */
export const rootScript = "/usr/local/libexec/localaws-sudo";

/** The program's own place. */
export const becomeRootFile = "/usr/local/libexec/localaws-become-root";

/**
 * getuid; the number as a text below the stack's two first words, which are argc and argv[0] and become the script and that text;
 * setgroups(0), setgid(0), setuid(0); execve("/bin/sh", [sh, script, uid, argv[1], …], []); exit(127).
 */
const code = {
  // rsp in rbx: argc is at 0, argv[0] at 8; the new vector begins at -8, and at -16 is a null.
  x86_64: `
    4889e3 4883ec40 b866000000 0f05
    488d7bf0 48c70700000000 b90a000000
    31d2 f7f1 80c230 48ffcf 8817 85c0 75f0
    48897b08 488d054e000000 488903 488d053c000000 488943f8
    31ff 31f6 b874000000 0f05 b86a000000 0f05 b869000000 0f05
    488b7bf8 488d73f8 488d53f0 b83b000000 0f05
    bf7f000000 b83c000000 0f05`,
  // sp in x19, and as above.
  aarch64: `
    f3030091 ff0301d1 c81580d2 010000d4
    614200d1 3f0000f9 420180d2
    0308c29a 6480029b 84c00011 24fc1f38 e00303aa 60ffffb5
    610600f9 03030010 630200f9 94020010 748e1ff8
    000080d2 010080d2 e81380d2 010000d4 000080d2 081280d2 010000d4 000080d2 481280d2 010000d4
    e00314aa e10313aa 622200d1 a81b80d2 010000d4
    e00f80d2 a80b80d2 010000d4`,
} as const;

/** e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const machines = { x86_64: 62, aarch64: 183 } as const;

const headerSize = 64;
const segmentSize = 56;
const address = 0x400000n;

/**
 * A program for Linux that becomes root and runs `rootScript`, where its file is root's with the setuid bit: what no shell script can
 * be, and the only binary that LocalAWS brings for images. It has no library, no environment and no option to go wrong.
 */
function becomeRoot(architecture: keyof typeof code): Buffer {
  const instructions = Buffer.from(code[architecture].replace(/\s/g, ""), "hex");
  const body = Buffer.concat([instructions, Buffer.from(`/bin/sh\0${rootScript}\0`)]);
  const head = Buffer.alloc(headerSize + segmentSize);
  const size = BigInt(head.length + body.length);
  head.write("7f454c46020101", "hex");
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(machines[architecture], 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(address + BigInt(head.length), 24);
  head.writeBigUInt64LE(BigInt(headerSize), 32);
  head.writeUInt16LE(headerSize, 52);
  head.writeUInt16LE(segmentSize, 54);
  head.writeUInt16LE(1, 56);
  // One segment, the whole file, to be read and executed.
  head.writeUInt32LE(1, headerSize);
  head.writeUInt32LE(5, headerSize + 4);
  head.writeBigUInt64LE(address, headerSize + 16);
  head.writeBigUInt64LE(address, headerSize + 24);
  head.writeBigUInt64LE(size, headerSize + 32);
  head.writeBigUInt64LE(size, headerSize + 40);
  head.writeBigUInt64LE(0x1000n, headerSize + 48);
  return Buffer.concat([head, body]);
}

/** Shell: puts the program that is right for the machine's processor into its place. It is the last line's result whether it is there. */
export const writeBecomeRoot = `case $(uname -m) in
${Object.keys(code)
  .map((name) => `${name}) printf '${octal(becomeRoot(name as keyof typeof code))}' ;;`)
  .join("\n")}
*) : ;;
esac >${becomeRootFile}
chown 0:0 ${becomeRootFile} && chmod 4755 ${becomeRootFile}`;

function octal(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
