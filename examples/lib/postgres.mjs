/** What the servers on PostgreSQL share, whichever driver they use. */

export const usage = `  --database <url>   a PostgreSQL connection string (default: what PGHOST and the like say)
  --connections <n>  database connections to open (default: 16)
  --port <n>         port on 127.0.0.1 (default: any free one)

  GET /users/7     asks the database for the user of that number, and answers in JSON
  GET /articles/7  the same for an article of 14 KB`;

/** One small row. */
export const USER = `select $1::int as id, 'user ' || $1::text as name, now() as "asked"`;

/** A document of 14 KB, as JSON text. */
export const ARTICLE = `select json_build_object('id', $1::int, 'title', 'article ' || $1::text,
  'body', repeat('Lorem ipsum dolor sit amet. ', 500))::text as article`;
