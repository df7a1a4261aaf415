/** Like Promise.all(items.map(task)), with at most `limit` tasks at a time. */
export async function mapLimit(items, limit, task) {
  const results = new Array(items.length);
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
