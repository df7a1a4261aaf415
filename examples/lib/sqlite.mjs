/** What the servers on SQLite share, whichever driver they use. */

export const usage = `  --database <file>  a database, made if there is none (default: one in memory)
  --port <n>         port on 127.0.0.1 (default: any free one)

  GET /visits/7    counts a visit of that page, and answers in JSON how many there were`;

/** How long a statement waits for a lock of another process before it fails. */
export const TIMEOUT_MS = 10_000;

export const SCHEMA = `pragma journal_mode = wal; pragma synchronous = normal;
  create table if not exists visits (page text primary key, count integer not null)`;

/** Writes, and so waits while another process writes. */
export const VISIT = `insert into visits values (?, 1)
  on conflict (page) do update set count = count + 1 returning page, count`;
