/** A user's page, asked for by blocking calls. To be used in green threads. */
import { ARTICLES, TOTALS, USER } from './postgres.mjs';

export function userPage(pool, id) {
  return pool.use((client) => {
    const [user] = client.querySync(USER, [id]);
    const latest = client.querySync(ARTICLES, [id]);
    const [totals] = client.querySync(TOTALS, [id]);
    return { ...user, ...totals, latest };
  });
}
