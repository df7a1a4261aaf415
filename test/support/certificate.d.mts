/** The paths of what was made, in PEM. */
export interface Certificate {
  key: string;
  /** Its own authority. */
  certificate: string;
}

/** Makes a key and a certificate for names such as `DNS:localhost` or `IP:127.0.0.1` in a directory. */
export function makeCertificate(directory: string, names: string[]): Promise<Certificate>;
