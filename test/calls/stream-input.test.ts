import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { EOF, UNBUFFERED, fileStream, read, readingPipe, setBuffering, type Came } from './streams';
import * as ways from './ways';
import { bytes, constants, errno, everyWay, green, onDesk, stillWaits } from './ways';

const readers = [
  ...['fread', 'fgets', 'getline', 'getdelim', 'fgetc', 'getw', 'fscanf', 'vfscanf'],
] as const;

const SIGUSR2 = 12;
const write = ways.originalCalls['write']!;
const plainly = ways.originalCalls;
const word = bytes('abc\n').readInt32LE(0);

/** What each comes to when it reads "abc\n". */
const whole: Record<string, Came> = {
  fread: { result: 4, errno: 0, text: 'abc\n' },
  fgets: { result: 1, errno: 0, text: 'abc\n' },
  getline: { result: 4, errno: 0, text: 'abc\n' },
  getdelim: { result: 4, errno: 0, text: 'abc\n' },
  fgetc: { result: 97, errno: 0, text: '' },
  getw: { result: word, errno: 0, text: '' },
  fscanf: { result: 1, errno: 0, text: 'abc' },
  vfscanf: { result: 1, errno: 0, text: 'abc' },
};
/** And when there is nothing more to read. */
const nothing: Record<string, number> = {
  ...{ fread: 0, fgets: 0, getline: EOF, getdelim: EOF, fgetc: EOF, getw: EOF },
  ...{ fscanf: EOF, vfscanf: EOF },
};

describe.each(readers)('%s', (name) => {
  behaviour(readers, 'data')('waits for data, also for the rest of it', async () => {
    const came = await everyWay(async (call, desk) => {
      const { stream, to } = readingPipe(desk);
      const pending = read(call, name, stream);
      await stillWaits(pending);
      write(to, bytes('a'));
      if (name !== 'fgetc') await stillWaits(pending);
      write(to, bytes('bc\n'));
      return pending;
    });
    expect(came).toEqual(whole[name]);
  });

  behaviour(readers, 'end of file')('ends with what is there at the end', async () => {
    const [last, none, isEnd, isError] = await everyWay(async (call, desk) => {
      const { stream, to } = readingPipe(desk);
      const pending = read(call, name, stream);
      write(to, bytes('ab'));
      desk.close(to);
      const last = await pending;
      const rest = await (name === 'fgetc' ? read(call, name, stream) : last);
      const none = await read(call, name, stream);
      const flags = [await call('feof', stream), await call('ferror', stream)];
      return [[last, rest], none, ...flags.map(({ result }) => result)] as const;
    });
    expect(last[0].text).toBe({ fgetc: '', getw: '' }[name as string] ?? 'ab');
    expect(none).toMatchObject({ result: nothing[name], errno: 0 });
    expect([isEnd !== 0, isError]).toEqual([true, 0]);
  });

  behaviour(readers, 'O_NONBLOCK')('waits not at all where the descriptor does not', async () => {
    const [came, isError] = await everyWay(async (call, desk) => {
      const { stream } = readingPipe(desk, constants.O_NONBLOCK);
      return [await read(call, name, stream), (await call('ferror', stream)).result] as const;
    });
    expect(came).toMatchObject({ result: nothing[name], errno: errno.EAGAIN });
    expect(isError).not.toBe(0);
  });

  behaviour(readers, 'regular file')('reads files', async () => {
    const [first, second, position, end] = await everyWay(async (call) => {
      const { stream } = fileStream(`abc\nabc\n${'x'.repeat(20_000)}`, 'r');
      const first = await read(call, name, stream);
      await call('fseek', stream, 4, 0);
      const second = await read(call, name, stream);
      const position = (await call('ftell', stream)).result;
      await call('fseek', stream, 0, 2);
      const end = await read(call, name, stream);
      await call('fclose', stream);
      return [first, second, position, end] as const;
    });
    expect([first, second]).toEqual([whole[name], whole[name]]);
    expect(position).toBe({ fgetc: 5, fscanf: 7, vfscanf: 7 }[name as string] ?? 8);
    expect(end.result).toBe(nothing[name]);
  });

  behaviour(readers, ['pushed back', 'in its buffer'])(
    'takes what it has first, and waits for nothing else',
    async () => {
      const came = await everyWay(async (call, desk) => {
        const { stream, to } = readingPipe(desk);
        write(to, bytes('abc\nabc\n'));
        const first = await read(call, name, stream);
        const skipRest = async (): Promise<void> => {
          if (name === 'fgetc') await call('fgets', Buffer.alloc(10), 10, stream);
        };
        await skipRest();
        const second = await read(call, name, stream);
        await skipRest();
        await call('ungetc', '\n'.charCodeAt(0), stream);
        await call('ungetc', 'c'.charCodeAt(0), stream);
        await call('ungetc', 'b'.charCodeAt(0), stream);
        await call('ungetc', 'a'.charCodeAt(0), stream);
        return [first, second, await read(call, name, stream)];
      });
      expect(came).toEqual([whole[name], whole[name], whole[name]]);
    },
  );

  behaviour(readers, 'unbuffered')('reads byte by byte without a buffer', async () => {
    const came = await everyWay(async (call, desk) => {
      const { stream, to } = readingPipe(desk);
      setBuffering(stream, UNBUFFERED);
      const pending = read(call, name, stream);
      await stillWaits(pending);
      for (const byte of 'abc\n') write(to, bytes(byte));
      return pending;
    });
    expect(came).toEqual(whole[name]);
  });

  behaviour(readers, 'memory')('reads what has no descriptor', async () => {
    const came = await everyWay(async (call) => {
      const memory = bytes('abc\nabc');
      const stream = plainly['fmemopen']!(memory, memory.length, 'r').result;
      const first = await read(call, name, stream);
      await call('fclose', stream);
      return first;
    });
    expect(came).toEqual(whole[name]);
  });

  behaviour(readers, 'interrupted')('is not interrupted by signals of the loop thread', () =>
    onDesk(async (desk) => {
      const { stream, to } = readingPipe(desk);
      const pending = read(green, name, stream);
      ways.descriptors.interrupt(SIGUSR2, 2);
      await delay(20);
      await stillWaits(pending);
      write(to, bytes('abc\n'));
      expect(await pending).toEqual(whole[name]);
    }),
  );

  behaviour(readers, 'held by a green thread')('waits for a stream that another has locked', () =>
    onDesk(async (desk) => {
      const { stream, to } = readingPipe(desk);
      const first = read(green, name, stream);
      const second = read(green, name, stream);
      await stillWaits(Promise.race([first, second]));
      write(to, bytes('abc\nabc\n'));
      expect((await first).result).toBe(whole[name]!.result);
      if (name === 'fgetc') return expect((await second).result).toBe('b'.charCodeAt(0));
      expect(await second).toEqual(whole[name]);
    }),
  );

  it('reads long lines and much data in many pieces', async () => {
    const came = await everyWay(async (call, desk) => {
      const { stream, to } = readingPipe(desk);
      const line = `${'x'.repeat(9000)}\n`;
      const size = Buffer.from('x'.repeat(10_000));
      const pending =
        name === 'fread'
          ? call('fread', size, 1, line.length, stream)
          : read(call, 'getline', stream);
      for (let i = 0; i < line.length; i += 1000) {
        await delay(1);
        write(to, bytes(line.slice(i, i + 1000)));
      }
      return (await pending).result;
    });
    expect(came).toBe(9001);
  });
});

it('a green thread that waits for input can be cancelled', async () => {
  await onDesk(async (desk) => {
    const { spawn } = await import('greenify');
    const { stream, to } = readingPipe(desk);
    const buffer = Buffer.alloc(10);
    const thread = spawn(() => ways.calls['fgets']!(buffer, 10, stream));
    await stillWaits(thread);
    thread.cancel(new Error('no more'));
    await expect(thread).resolves.toMatchObject({ result: 0, errno: errno.ECANCELED });
    write(to, bytes('abc\n'));
    expect(await read(green, 'fgets', stream)).toMatchObject({ text: 'abc\n' });
  });
});

describe('a format that reads nothing', () => {
  it.each(['', '%n'])('%j waits for nothing', async (format) => {
    const came = await everyWay(async (call, desk) => {
      const { stream } = readingPipe(desk);
      return (await call('fscanf', stream, format, Buffer.alloc(8))).result;
    });
    expect(came).toBe(0);
  });

  it('takes from the buffer what is enough for it', async () => {
    const came = await everyWay(async (call, desk) => {
      const { stream, to } = readingPipe(desk);
      const number = Buffer.alloc(4);
      const pending = call('fscanf', stream, '%d,', number);
      await stillWaits(pending);
      write(to, bytes('12,34,'));
      const results = [(await pending).result, number.readInt32LE(0)];
      results.push((await call('fscanf', stream, '%d,', number)).result, number.readInt32LE(0));
      return results;
    });
    expect(came).toEqual([1, 12, 1, 34]);
  });
});
