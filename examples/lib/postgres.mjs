/** What the servers on PostgreSQL share, whichever driver they use. */

export const usage = `  --database <url>   a PostgreSQL connection string (default: what PGHOST and the like say)
  --connections <n>  database connections to open (default: 16)
  --port <n>         port on 127.0.0.1 (default: any free one)

  GET /users/7  a user, the ten newest articles, and how many there are: three queries, one after another`;

// The rows are made up, so that any database will do.
export const USER = `select $1::int as id, 'user ' || $1::text as name,
  timestamptz '2020-01-01' + $1::int * interval '1 day' as joined`;

export const ARTICLES = `select number as id, 'What I know about ' || number as title,
  timestamptz '2026-01-01' - number * interval '1 hour' as published
  from generate_series($1::int, $1::int + 9) as number`;

export const TOTALS = `select count(*)::int as articles, sum(number)::int as comments
  from generate_series(1, $1::int) as number`;
