/**
 * Encryption of OpenD's plain TCP protocol: both ends share one RSA private key; InitConnect goes in RSA blocks, all
 * that follows in AES-128 under the key that InitConnect's answer told.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";

/** Encrypts and decrypts the bodies of one connection. */
export interface Cipher {
  encrypt(plain: Uint8Array): Buffer;
  /** @throws when the bytes were not encrypted so. */
  decrypt(sealed: Uint8Array): Buffer;
}

/** `Common.PacketEncAlgo`. */
const PACKET_ALGORITHM = { FTAES_ECB: 0, NONE: -1, AES_ECB: 1, AES_CBC: 2 } as const;

/** True for a number of {@link PACKET_ALGORITHM}. */
export function isPacketAlgorithm(number: number): boolean {
  return Object.values(PACKET_ALGORITHM).some((known) => known === number);
}

/** Plain bytes per RSA block: fixed by the vendor's SDKs, which also fix the key at 1024 bits. */
const RSA_CHUNK = 100;
const RSA_BITS = 1024;
const AES_BLOCK = 16;

/** Bodies go as they are. */
export const plainCipher: Cipher = { encrypt: (plain) => Buffer.from(plain), decrypt: (sealed) => Buffer.from(sealed) };

/**
 * InitConnect's cipher.
 * @throws when the key is not a 1024-bit RSA private key, the only kind the vendor's clients can use.
 */
export function rsaCipher(privateKeyPem: string): Cipher {
  const key = createPrivateKey(privateKeyPem);
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== "rsa" || bits !== RSA_BITS) {
    throw new Error(
      `the RSA key must be a private key of ${RSA_BITS} bits, this one is ${key.asymmetricKeyType} ${bits}`,
    );
  }
  const block = RSA_BITS / 8;
  const padding = constants.RSA_PKCS1_PADDING;
  const publicKey = createPublicKey(key);
  return {
    encrypt: (plain) =>
      Buffer.concat(chunks(plain, RSA_CHUNK).map((chunk) => publicEncrypt({ key: publicKey, padding }, chunk))),
    decrypt: (sealed) => Buffer.concat(chunks(sealed, block).map((chunk) => privateDecrypt({ key, padding }, chunk))),
  };
}

/** The cipher of everything after InitConnect. `key` and `iv` are 16 characters each. */
export function aesCipher(algorithm: number, key: string, iv: string): Cipher {
  switch (algorithm) {
    case PACKET_ALGORITHM.NONE:
      return plainCipher;
    case PACKET_ALGORITHM.AES_CBC:
      return aes("aes-128-cbc", key, iv);
    case PACKET_ALGORITHM.AES_ECB:
      return aes("aes-128-ecb", key, null);
    case PACKET_ALGORITHM.FTAES_ECB:
      return ftaes(key);
    default:
      throw new Error(`there is no packet encryption algorithm ${algorithm}`);
  }
}

function aes(name: "aes-128-cbc" | "aes-128-ecb", key: string, iv: string | null): Cipher {
  return {
    encrypt: (plain) => finish(createCipheriv(name, key, iv), plain),
    decrypt: (sealed) => finish(createDecipheriv(name, key, iv), sealed),
  };
}

/** The vendor's own: zeros up to a full block, ECB, then a block whose last byte is the length of the last one. */
function ftaes(key: string): Cipher {
  return {
    encrypt(plain) {
      const tail = plain.length % AES_BLOCK;
      const padded = tail === 0 ? plain : Buffer.concat([plain, Buffer.alloc(AES_BLOCK - tail)]);
      const last = Buffer.alloc(AES_BLOCK);
      last[AES_BLOCK - 1] = tail;
      return Buffer.concat([finish(createCipheriv("aes-128-ecb", key, null).setAutoPadding(false), padded), last]);
    },
    decrypt(sealed) {
      const tail = sealed.at(-1) ?? 0;
      const body = sealed.subarray(0, sealed.length - AES_BLOCK);
      const padded = finish(createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false), body);
      return tail === 0 ? padded : padded.subarray(0, padded.length - AES_BLOCK + tail);
    },
  };
}

function finish(stream: { update(data: Uint8Array): Buffer; final(): Buffer }, data: Uint8Array): Buffer {
  return Buffer.concat([stream.update(data), stream.final()]);
}

function chunks(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
