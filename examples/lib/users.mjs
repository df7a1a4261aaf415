/** The query of the examples, the same for both drivers. */
export const USER = `select $1::int as id, 'user ' || $1::text as name, now() as "asked"`;
