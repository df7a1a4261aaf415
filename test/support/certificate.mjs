/** Certificates for servers of tests, made by openssl(1). */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes key.pem and certificate.pem, which is its own authority, in `directory`.
 * @param {string} directory
 * @param {string[]} names such as 'DNS:localhost', openssl-x509v3_config(5) under subjectAltName
 */
export async function makeCertificate(directory, names) {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  const subject = ['-subj', '/CN=greenify test', '-addext', `subjectAltName=${names.join(',')}`];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '3650', '-keyout', key];
  await run('openssl', ['req', '-x509', ...made, '-out', certificate, ...subject]);
  return { key, certificate };
}
