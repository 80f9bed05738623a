import { X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

const sequence = 0x30;
const set = 0x31;
const octetString = 0x04;
const objectIdentifier = 0x06;
/** `[0]` of a structure, constructed. */
const tagged = 0xa0;

// 1.2.840.113549.1.7.1 and .2 of https://www.rfc-editor.org/rfc/rfc5652#section-4, encoded.
const data = der(objectIdentifier, Buffer.from("2a864886f70d010701", "hex"));
const signedData = der(objectIdentifier, Buffer.from("2a864886f70d010702", "hex"));
const version1 = Buffer.from([0x02, 0x01, 0x01]);

export interface SignedContent {
  readonly content: Buffer;
  /** Of the content: RSA PKCS #1 v1.5 over SHA-256. */
  readonly signature: Buffer;
  /** The signer's, as PEM. It is only named: who verifies has it already. */
  readonly certificate: string;
}

/** A CMS (PKCS #7) SignedData around the content: https://www.rfc-editor.org/rfc/rfc5652#section-5. No signed attributes. */
export function toSignedData({ content, signature, certificate }: SignedContent): Buffer {
  const { issuer, serialNumber } = AsnConvert.parse(
    new X509Certificate(certificate).raw,
    x509.Certificate,
  ).tbsCertificate;
  const sha256 = algorithm("2.16.840.1.101.3.4.2.1");
  const rsa = algorithm("1.2.840.113549.1.1.1");
  const signer = der(
    sequence,
    version1,
    der(sequence, encode(issuer), der(0x02, Buffer.from(serialNumber))),
    sha256,
    rsa,
    der(octetString, signature),
  );
  const signed = der(
    sequence,
    version1,
    der(set, sha256),
    der(sequence, data, der(tagged, der(octetString, content))),
    der(set, signer),
  );
  return der(sequence, signedData, der(tagged, signed));
}

function algorithm(name: string): Buffer {
  return encode(new x509.AlgorithmIdentifier({ algorithm: name, parameters: null }));
}

function encode(value: object): Buffer {
  return Buffer.from(AsnConvert.serialize(value));
}

/** One value of https://www.itu.int/rec/T-REC-X.690: tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}
