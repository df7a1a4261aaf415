/** A running private server. */
export interface PrivateServer {
  readonly host: string;
  readonly port: number;
  /** The server's process id. */
  readonly pid: number;
  /** Ends the server and removes its directory; may be called more than once. */
  stop(): Promise<void>;
}

export function freePort(): Promise<number>;
