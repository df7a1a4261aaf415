/** Gives a function that runs tasks, at most `limit` at a time, in the order in which they come. */
export function limiter(limit) {
  let running = 0;
  const waiting = [];
  return async (task) => {
    if (running < limit) running += 1;
    else await new Promise((resolve) => waiting.push(resolve)); // takes the place of one that has ended
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Like Promise.all(items.map(task)), with at most `limit` tasks at a time. */
export function mapLimit(items, limit, task) {
  const run = limiter(limit);
  return Promise.all(items.map((item) => run(() => task(item))));
}
