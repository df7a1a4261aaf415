/** The statements of the examples, the same for both drivers. */

/** One small row. */
export const USER = `select $1::int as id, 'user ' || $1::text as name, now() as "asked"`;

/** A document of 14 KB, as JSON text. */
export const ARTICLE = `select json_build_object('id', $1::int, 'title', 'article ' || $1::text,
  'body', repeat('Lorem ipsum dolor sit amet. ', 500))::text as article`;
