/** The same page with pg, the driver in JavaScript. */
import { ARTICLES, TOTALS, USER } from './postgres.mjs';

export async function userPage(pool, id) {
  const client = await pool.connect();
  try {
    const [user] = (await client.query(USER, [id])).rows;
    const latest = (await client.query(ARTICLES, [id])).rows;
    const [totals] = (await client.query(TOTALS, [id])).rows;
    return { ...user, ...totals, latest };
  } finally {
    client.release();
  }
}
