import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';

/** test/fixtures/scripts/system-calls.mjs */
type Traced = Record<'ready' | 'waiting', Record<string, { own: string[]; turns: string[] }>>;

async function trace(): Promise<Traced> {
  const ended = await runNode(['test/fixtures/scripts/system-calls.mjs']);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout) as Traced;
}

const { ready, waiting } = await trace();
const own = (traced: Traced['ready']): Record<string, string[]> =>
  Object.fromEntries(Object.entries(traced).map(([name, calls]) => [name, calls.own]));

describe('system calls of a green call', () => {
  it('that finds what it wants: the call itself, and no more than one to make sure', () => {
    expect(own(ready)).toEqual({
      recv: ['recvfrom'],
      // Less than asked for may be the end of what the page cache holds of a file: is it one?
      'read, from a pipe': ['preadv2', 'statx'],
      send: ['sendto'],
      'write, to a pipe': ['pwritev2'],
      poll: ['poll'],
      pthread_mutex_lock: [],
    });
  });

  it('that waits: at most five', () => {
    const patience = ['fcntl', 'getsockopt']; // O_NONBLOCK, and the time limit
    const socket = ['recvfrom', ...patience, 'epoll_ctl', 'recvfrom'];
    const descriptor = ['preadv2', ...patience, 'epoll_ctl', 'preadv2'];
    expect(own(waiting)).toEqual({
      recv: socket,
      'recv, with a receive timeout': socket,
      'read, from a socket': descriptor,
      'read, from a pipe': descriptor,
      send: ['sendto', ...patience, 'epoll_ctl', 'sendto'],
      poll: ['poll', 'epoll_ctl'],
      'poll, with a timeout': ['poll', 'epoll_ctl'],
      usleep: ['read'], // of the hub's timer
    });
  });

  it('that waits: the hub looks once, and sets its timer once', () => {
    for (const [name, { turns }] of Object.entries(waiting)) {
      const count = (wanted: string): number => turns.filter((made) => made === wanted).length;
      expect(count('epoll_wait'), name).toBe(1);
      expect(count('timerfd_settime'), name).toBeLessThanOrEqual(1);
    }
  });
});
