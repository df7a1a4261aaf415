import { execFileSync } from 'node:child_process';
import { constants as fs, openSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { behaviour } from './behaviour';
import {
  fileStream,
  fullPipe,
  newFile,
  read,
  readingPipe,
  writingPipe,
  type Stream,
} from './streams';
import * as ways from './ways';
import { bytes, errno, everyWay, green, onDesk, stillWaits, type Call } from './ways';

const plainly = ways.originalCalls;

function newFifo(): string {
  const path = ways.newPath();
  execFileSync('mkfifo', [path]);
  return path;
}

const openers = ['fopen', 'freopen'] as const;

describe.each(openers)('%s', (name) => {
  /** Opens a stream, by its own arguments. */
  const open = async (call: Call, path: string, mode: string) => {
    const old = () => fileStream('old', 'r').stream;
    return name === 'fopen' ? call(name, path, mode) : call(name, path, mode, old());
  };

  behaviour(openers, 'FIFO')('waits for the other end of a FIFO', async () => {
    const text = await everyWay(async (call, desk) => {
      const path = newFifo();
      const pending = open(call, path, 'w');
      await stillWaits(pending);
      const from = desk.keep(openSync(path, fs.O_RDONLY | fs.O_NONBLOCK));
      const { result: stream } = await pending;
      await call('fputs', bytes('through\0'), stream);
      await call('fclose', stream);
      return (await ways.drain(from)).toString();
    });
    expect(text).toBe('through');
  });

  behaviour(openers, ['regular file', 'ENOENT'])('files are there or not', async () => {
    const outcome = await everyWay(async (call) => {
      const path = newFile('contents\n');
      const { result: stream } = await open(call, path, 'r');
      const { text } = await read(call, 'fgets', stream);
      await call('fclose', stream);
      const nowhere = await open(call, ways.newPath(), 'r');
      return [text, nowhere.result, nowhere.errno];
    });
    expect(outcome).toEqual(['contents\n', 0, errno.ENOENT]);
  });
});

behaviour('freopen', 'room')('freopen writes out first what is to be written', async () => {
  const outcome = await everyWay(async (call, desk) => {
    const { stream, empty } = fullPipe(desk);
    await call('fputs', bytes('text\0'), stream);
    const pending = call('freopen', newFile('other\n'), 'r', stream);
    await stillWaits(pending);
    const emptied = empty();
    const isSame = (await pending).result === stream;
    const { text } = await read(call, 'fgets', stream);
    await call('fclose', stream);
    return [isSame, text, await emptied];
  });
  expect(outcome).toEqual([true, 'other\n', 'text']);
});

describe('fclose', () => {
  behaviour('fclose', 'room')('writes out first what is to be written', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      await call('fputs', bytes('text\0'), stream);
      const pending = call('fclose', stream);
      await stillWaits(pending);
      const emptied = empty();
      return [await pending, await emptied];
    });
    expect(outcome).toEqual([{ result: 0, errno: 0 }, 'text']);
  });

  // Linux lets them wait for ever; a deliberate difference (docs/architecture.md).
  behaviour('fclose', 'waiters wake')('wakes those who wait for its descriptor', () =>
    onDesk(async (desk) => {
      const [from] = desk.pipe();
      const stream = plainly['fdopen']!(from, 'r').result;
      const pending = green('read', from, 10);
      await stillWaits(pending);
      await green('fclose', stream);
      desk.forget(from);
      expect(await pending).toMatchObject({ result: -1, errno: errno.EBADF });
    }),
  );

  behaviour('fclose', 'held by a green thread')('waits for whoever uses the stream', () =>
    onDesk(async (desk) => {
      const [from, to] = desk.pipe();
      const stream = plainly['fdopen']!(from, 'r').result;
      const reading = read(green, 'fgets', stream);
      const pending = green('fclose', stream);
      await stillWaits(pending);
      plainly['write']!(to, bytes('abc\n'));
      expect(await reading).toMatchObject({ text: 'abc\n' });
      expect(await pending).toEqual({ result: 0, errno: 0 });
      desk.forget(from);
    }),
  );
});

const seekers = ['fseek', 'fseeko', 'fsetpos', 'rewind'] as const;

describe.each(seekers)('%s', (name) => {
  /** To the beginning. */
  const seek = async (call: Call, stream: Stream) => {
    const position = Buffer.alloc(16);
    const { result, errno: error } = await call(
      name,
      stream,
      ...(name === 'fsetpos' ? [position] : [0, 0]),
    );
    return { result: name === 'rewind' ? 0 : result, errno: error };
  };

  behaviour(seekers, 'regular file')('goes elsewhere in a file', async () => {
    const outcome = await everyWay(async (call) => {
      const { stream, path } = fileStream(`abc\n${'x'.repeat(10_000)}`, 'r+');
      const first = await read(call, 'fgets', stream);
      const sought = await seek(call, stream);
      await call('fputs', bytes('ABC\n\0'), stream);
      await seek(call, stream);
      const second = await read(call, 'fgets', stream);
      await call('fclose', stream);
      return [first.text, sought, second.text, readFileSync(path, 'utf8').slice(0, 5)];
    });
    expect(outcome).toEqual(['abc\n', { result: 0, errno: 0 }, 'ABC\n', 'ABC\nx']);
  });

  behaviour(seekers, ['room', 'ESPIPE'])('fails on a pipe, once that is written to', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      await call('fputs', bytes('text\0'), stream);
      const pending = seek(call, stream);
      await stillWaits(pending);
      const emptied = empty();
      const sought = await pending;
      await call('fclose', stream);
      return [sought, await emptied];
    });
    const result = name === 'rewind' ? 0 : -1;
    expect(outcome).toEqual([{ result, errno: errno.ESPIPE }, 'text']);
  });
});

const brief = [
  ...['feof', 'ferror', 'clearerr', 'ungetc', 'ftell', 'ftello', 'fgetpos'],
  ...['setvbuf', 'setbuf', 'setbuffer', 'setlinebuf'],
] as const;

behaviour(brief, 'held by a green thread')('what is brief waits for whoever uses the stream', () =>
  onDesk(async (desk) => {
    const { stream, to } = readingPipe(desk);
    plainly['write']!(to, bytes('a'));
    const reading = read(green, 'fgets', stream); // on an offload thread, for the rest
    const position = Buffer.alloc(16);
    const others = brief.map((name) => {
      if (name === 'ungetc') return green(name, 'x'.charCodeAt(0), stream);
      return green(name, stream, name === 'fgetpos' ? position : null, 2, 0);
    });
    await stillWaits(Promise.race([reading, ...others]));
    plainly['write']!(to, bytes('bc\n'));
    expect(await reading).toMatchObject({ text: 'abc\n' });
    const results = (await Promise.all(others)).map(({ result }) => result);
    expect(results.slice(0, 2)).toEqual([0, 0]);
    expect(results[3]).toBe('x'.charCodeAt(0));
    expect(results.slice(4, 7)).toEqual([-1, -1, -1]); // a pipe has no position
  }),
);

/** Green threads that each lock a stream for a while: what they say, in order. */
async function holdersOf(stream: Stream, names: string[], ms: number): Promise<string[]> {
  const { spawn, sleep } = await import('greenify');
  const order: string[] = [];
  const hold = (name: string) =>
    spawn(() => {
      ways.calls['flockfile']!(stream);
      order.push(`${name} has it`);
      sleep(ms);
      order.push(`${name} lets go`);
      ways.calls['funlockfile']!(stream);
    });
  await Promise.all(names.map((name) => hold(name)));
  return order;
}

describe('the lock of a stream', () => {
  behaviour(['flockfile', 'ftrylockfile'], 'recursion')(
    'is taken again by its holder',
    async () => {
      const outcome = await onDesk(async (desk) => {
        const { stream, to } = readingPipe(desk);
        const { spawn, sleep } = await import('greenify');
        const { calls } = ways;
        const holder = spawn(() => {
          calls['flockfile']!(stream);
          const again = calls['ftrylockfile']!(stream).result;
          const line = Buffer.alloc(10);
          calls['fgets']!(line, 10, stream);
          sleep(5);
          calls['fgets_unlocked']!(line, 10, stream);
          calls['funlockfile']!(stream);
          calls['funlockfile']!(stream);
          return [again, line.toString('latin1', 0, 3)];
        });
        const other = read(green, 'fgets', stream);
        for (const line of ['a\n', 'bc\n', 'abc\n']) {
          await stillWaits(other);
          plainly['write']!(to, bytes(line));
        }
        return [await holder, (await other).text];
      });
      expect(outcome).toEqual([[0, 'bc\n'], 'abc\n']);
    },
  );

  behaviour('flockfile', 'held by a green thread')('is waited for', () =>
    onDesk(async (desk) => {
      const { stream } = writingPipe(desk);
      const order = await holdersOf(stream, ['one', 'other'], 10);
      expect(order).toEqual(['one has it', 'one lets go', 'other has it', 'other lets go']);
      await green('fclose', stream);
    }),
  );

  behaviour('funlockfile', 'waiters wake')('is passed on at once', () =>
    onDesk(async (desk) => {
      const { stream } = writingPipe(desk);
      const names = Array.from({ length: 10 }, (_, i) => `${i}`);
      const order = await holdersOf(stream, names, 5);
      expect(order).toEqual(names.flatMap((name) => [`${name} has it`, `${name} lets go`]));
      await green('fclose', stream);
    }),
  );

  behaviour('flockfile', ['held by a kernel thread', 'held by the loop stack'])(
    'is waited for whoever has it',
    () =>
      onDesk(async (desk) => {
        const { stream, to } = readingPipe(desk);
        const reading = read(ways.plain, 'fgets', stream); // with the stream locked
        await stillWaits(reading);
        const pending = green('flockfile', stream);
        await stillWaits(pending);
        plainly['write']!(to, bytes('abc\n'));
        expect((await reading).text).toBe('abc\n');
        await pending;
        plainly['funlockfile']!(stream);
        ways.calls['flockfile']!(stream); // on the loop stack
        const other = green('flockfile', stream);
        await stillWaits(other);
        ways.calls['funlockfile']!(stream);
        await other;
        plainly['funlockfile']!(stream);
      }),
  );

  behaviour('ftrylockfile', 'EBUSY')('is refused while another has it, and free afterwards', () =>
    onDesk(async (desk) => {
      const { spawn, sleep } = await import('greenify');
      const { stream } = writingPipe(desk);
      const holder = spawn(() => {
        ways.calls['flockfile']!(stream);
        sleep(20);
        ways.calls['funlockfile']!(stream);
      });
      expect((await green('ftrylockfile', stream)).result).not.toBe(0);
      await holder;
      expect((await green('ftrylockfile', stream)).result).toBe(0);
      expect((await green('ftrylockfile', stream)).result).not.toBe(0);
      plainly['funlockfile']!(stream);
      await green('fclose', stream);
    }),
  );
});
