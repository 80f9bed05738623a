import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const rsaWithSha256 = "1.2.840.113549.1.1.11";
const commonName = "2.5.4.3";
const serverAuthentication = "1.3.6.1.5.5.7.3.1";
const clientAuthentication = "1.3.6.1.5.5.7.3.2";

export interface CertificateRequest {
  readonly subject: string;
  /** Of the subject. Keys are on the curve P-256, or RSA. */
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly from: Date;
  readonly till: Date;
  /** Of a server: the names and addresses that it is reached by. Neither a server's nor a client's: an authority's. */
  readonly server?: { readonly dnsNames: readonly string[]; readonly addresses: readonly string[] };
  readonly isClient?: boolean;
}

/** An X.509 certificate (https://www.rfc-editor.org/rfc/rfc5280), as PEM. */
export function issueCertificate(request: CertificateRequest): string {
  const { subject, publicKey, issuer, from, till, server, isClient = false } = request;
  const isAuthority = server === undefined && !isClient;
  const subjectKey = AsnConvert.parse(publicKey.export({ type: "spki", format: "der" }), x509.SubjectPublicKeyInfo);
  const signature = new x509.AlgorithmIdentifier(
    issuer.privateKey.asymmetricKeyType === "rsa"
      ? { algorithm: rsaWithSha256, parameters: null }
      : { algorithm: ecdsaWithSha256 },
  );
  const serial = randomBytes(16);
  // Positive, and without a leading zero.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: toArrayBuffer(serial),
    signature,
    issuer: nameOf(issuer.name),
    validity: new x509.Validity({ notBefore: from, notAfter: till }),
    subject: nameOf(subject),
    subjectPublicKeyInfo: subjectKey,
    extensions: new x509.Extensions([
      extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: isAuthority }), true),
      extension(x509.id_ce_keyUsage, new x509.KeyUsage(usageOf(isAuthority)), true),
      extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(keyIdOf(publicKey))),
      extension(
        x509.id_ce_authorityKeyIdentifier,
        new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(keyIdOf(issuer.publicKey)) }),
      ),
      ...(isClient ? [extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([clientAuthentication]))] : []),
      ...(server === undefined
        ? []
        : [
            extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([serverAuthentication])),
            extension(x509.id_ce_subjectAltName, alternativeNames(server)),
          ]),
    ]),
  });
  const signed = sign("sha256", new Uint8Array(AsnConvert.serialize(tbsCertificate)), issuer.privateKey);
  const certificate = new x509.Certificate({
    ...{ tbsCertificate, signatureAlgorithm: signature, signatureValue: toArrayBuffer(signed) },
  });
  const lines =
    Buffer.from(AsnConvert.serialize(certificate))
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function usageOf(isAuthority: boolean): number {
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  return isAuthority ? keyCertSign | cRLSign | digitalSignature : digitalSignature;
}

function nameOf(name: string): x509.Name {
  const value = new x509.AttributeValue({ utf8String: name });
  return new x509.Name([
    new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: commonName, value })]),
  ]);
}

function alternativeNames({ dnsNames, addresses }: NonNullable<CertificateRequest["server"]>) {
  return new x509.SubjectAlternativeName([
    ...dnsNames.map((dNSName) => new x509.GeneralName({ dNSName })),
    ...addresses.map((iPAddress) => new x509.GeneralName({ iPAddress })),
  ]);
}

function extension(extnID: string, value: object, critical = false): x509.Extension {
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** The first of the two ways of https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.2, but for the bits' header. */
function keyIdOf(publicKey: KeyObject): ArrayBuffer {
  return toArrayBuffer(
    createHash("sha1")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest(),
  );
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
