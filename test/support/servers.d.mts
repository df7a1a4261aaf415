import type { PrivateServer } from './supervised.mjs';

/** Starts `program` in a directory of its own and waits until it answers `question`. */
export function startServer(
  name: string,
  port: number,
  question: string,
  program: string[],
): Promise<PrivateServer>;

export function startRedis(): Promise<PrivateServer>;
export function startMemcached(): Promise<PrivateServer>;
