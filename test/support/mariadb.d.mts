import type { PrivateServer } from './supervised.mjs';

export interface MariadbServer extends PrivateServer {
  /** The certificate that signs the server's: its own, for 127.0.0.1. */
  readonly authority: string;
  /** Ends it with a signal and starts it again on the same port, with the same data. */
  restart(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a server whose user root needs no password and waits until it answers. */
export function startMariadb(options?: { maxConnections?: number }): Promise<MariadbServer>;
