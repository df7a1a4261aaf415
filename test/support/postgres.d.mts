/** A running private PostgreSQL server. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** For libpq, `pg` and the command-line programs alike. */
  readonly connectionString: string;
  /** The directory of the server's unix socket. */
  readonly socketDirectory: string;
  /** The certificate of a server with TLS, which signs itself: for `localhost`, not for its address. */
  readonly authority: string | undefined;
  /** The directory of PostgreSQL's programs (`pgbench`, `psql`, …). */
  readonly bin: string;
  /** The server's process id. */
  readonly pid: number;
  /** Ends the server and removes its directory; may be called more than once. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** 150 unless told. */
  maxConnections?: number;
  /** Whether it takes connections with TLS too. */
  tls?: boolean;
}

/** The directory of PostgreSQL's server programs; throws when none are installed. */
export function findPostgres(): string;

/** Starts a server and waits until it answers. */
export function startPostgres(options?: PostgresOptions): Promise<PostgresServer>;
