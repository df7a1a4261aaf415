import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import {
  BY_LINES,
  EOF,
  PIPE_SIZE,
  UNBUFFERED,
  fileStream,
  fullPipe,
  setBuffering,
  write,
  writingPipe,
  written,
} from './streams';
import { vaList } from './structures';
import * as ways from './ways';
import { bytes, constants, errno, everyWay, green, onDesk, stillWaits } from './ways';

const writers = ['fwrite', 'fputs', 'fputc', 'putw', 'fprintf', 'vfprintf'] as const;

const plainly = ways.originalCalls;

/** What each comes to when it has written. */
const success: Record<string, number> = {
  ...{ fwrite: 3, fputs: 1, fputc: 97, putw: 0, fprintf: 3, vfprintf: 3 },
};
const failure: Record<string, number> = {
  ...{ fwrite: 0, fputs: EOF, fputc: EOF, putw: EOF, fprintf: EOF, vfprintf: EOF },
};

describe.each(writers)('%s', (name) => {
  behaviour(writers, 'room')('waits for room', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      setBuffering(stream, UNBUFFERED);
      const pending = write(call, name, stream);
      await stillWaits(pending);
      const emptied = empty();
      const came = await pending;
      await call('fclose', stream);
      return [came, await emptied];
    });
    expect(outcome).toEqual([{ result: success[name], errno: 0 }, written[name]!]);
  });

  behaviour(writers, 'in its buffer')('waits not where its buffer has room', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      const came = [await write(call, name, stream), await write(call, name, stream)];
      const pending = call('fclose', stream);
      await stillWaits(pending);
      const emptied = empty();
      return [came, (await pending).result, await emptied];
    });
    const came = { result: success[name], errno: 0 };
    expect(outcome).toEqual([[came, came], 0, written[name]!.repeat(2)]);
  });

  behaviour(writers, 'line buffered')('writes lines out where it is to', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      setBuffering(stream, BY_LINES, 4096);
      const word = await write(call, name, stream, 'xyzw');
      const pending = write(call, name, stream, '\nab\n');
      await stillWaits(pending);
      const emptied = empty();
      const came = [word, await pending];
      await call('fclose', stream);
      return [came.map(({ errno: error }) => error), await emptied];
    });
    const all = name === 'fputc' ? 'x\n' : 'xyzw\nab\n';
    expect(outcome).toEqual([[0, 0], all]);
  });

  behaviour(writers, ['O_NONBLOCK', 'EPIPE'])('reports what goes wrong', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, to } = writingPipe(desk, constants.O_NONBLOCK);
      setBuffering(stream, UNBUFFERED);
      plainly['write']!(to, Buffer.alloc(PIPE_SIZE));
      const full = await write(call, name, stream);
      await call('fclose', stream);
      const { stream: broken, from } = writingPipe(desk);
      setBuffering(broken, UNBUFFERED);
      desk.close(from);
      const closed = await write(call, name, broken);
      await call('fclose', broken);
      return [full, closed];
    });
    expect(outcome).toEqual(
      [errno.EAGAIN, errno.EPIPE].map((error) => ({ result: failure[name], errno: error })),
    );
  });

  behaviour(writers, ['regular file', 'memory'])('writes to files and to memory', async () => {
    const outcome = await everyWay(async (call) => {
      const { stream, path } = fileStream('', 'w');
      for (let i = 0; i < 3000; i++) plainly['fputs']!(bytes('x\0'), stream);
      for (let i = 0; i < 2; i++) await write(call, name, stream);
      await call('fseek', stream, 1000, 0);
      await write(call, name, stream);
      await call('fclose', stream);
      const memory = Buffer.alloc(100);
      const inMemory = plainly['fmemopen']!(memory, memory.length, 'w').result;
      await write(call, name, inMemory);
      await call('fclose', inMemory);
      return [readFileSync(path, 'latin1'), memory.toString('latin1', 0, 4)];
    });
    const once = written[name]!;
    const file = `${'x'.repeat(1000)}${once}${'x'.repeat(2000 - once.length)}${once}${once}`;
    expect(outcome).toEqual([file, once.padEnd(4, '\0')]);
  });

  behaviour(writers, 'held by a green thread')('waits for a stream that another uses', () =>
    onDesk(async (desk) => {
      const { stream, empty } = fullPipe(desk);
      setBuffering(stream, UNBUFFERED);
      const both = [write(green, name, stream), write(green, name, stream)];
      await stillWaits(Promise.race(both));
      const emptied = empty();
      expect((await Promise.all(both)).map(({ result }) => result)).toEqual(
        Array(2).fill(success[name]),
      );
      await green('fclose', stream);
      expect(await emptied).toBe(written[name]!.repeat(2));
    }),
  );
});

const printers = ['dprintf', 'vdprintf'] as const;

behaviour(printers, ['room', 'O_NONBLOCK', 'EPIPE'])('printing to a descriptor', async () => {
  for (const name of printers) {
    const outcome = await everyWay(async (call, desk) => {
      const text = bytes('text\0');
      const print = (fd: number) =>
        call(name, fd, '<%s>', name === 'dprintf' ? text : vaList(text));
      const [from, to] = desk.pipe();
      plainly['write']!(to, Buffer.alloc(PIPE_SIZE));
      const pending = print(to);
      await stillWaits(pending);
      await ways.drain(from, PIPE_SIZE);
      const printed = [await pending, (await ways.drain(from, 6)).toString()];
      desk.close(from);
      const broken = await print(to);
      const [, full] = desk.pipe(constants.O_NONBLOCK);
      plainly['write']!(full, Buffer.alloc(PIPE_SIZE));
      return [printed, broken, await print(full)];
    });
    expect(outcome, name).toEqual([
      [{ result: 6, errno: 0 }, '<text>'],
      { result: -1, errno: errno.EPIPE },
      { result: -1, errno: errno.EAGAIN },
    ]);
  }
});

describe('fflush', () => {
  behaviour('fflush', ['room', 'nothing to write'])('waits for room', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      const idle = await call('fflush', stream);
      await call('fputs', bytes('text\0'), stream);
      const pending = call('fflush', stream);
      await stillWaits(pending);
      const emptied = empty();
      const flushed = await pending;
      await call('fclose', stream);
      return [idle, flushed, await emptied];
    });
    expect(outcome).toEqual([{ result: 0, errno: 0 }, { result: 0, errno: 0 }, 'text']);
  });

  behaviour('fflush', 'every stream')(
    'of every stream waits for those with something to write, not for those that others read',
    () =>
      onDesk(async (desk) => {
        const { stream, empty } = fullPipe(desk);
        const [from, to] = desk.pipe();
        const input = plainly['fdopen']!(from, 'r').result;
        const line = Buffer.alloc(100);
        const reading = green('fgets', line, line.length, input);
        await green('fputs', bytes('text\0'), stream);
        const pending = green('fflush', null);
        await stillWaits(pending);
        const emptied = empty();
        expect((await pending).result).toBe(0);
        await stillWaits(reading);
        plainly['write']!(to, bytes('\n'));
        await reading;
        await green('fclose', stream);
        expect(await emptied).toBe('text');
      }),
  );
});

describe('the fortified form of fprintf', () => {
  it('prints as the other', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { stream, empty } = fullPipe(desk);
      setBuffering(stream, UNBUFFERED);
      const pending = call('__fprintf_chk', stream, 1, '%s=%d\n', bytes('x\0'), 7);
      await stillWaits(pending);
      const emptied = empty();
      const { result } = await pending;
      await call('fclose', stream);
      return [result, await emptied];
    });
    expect(outcome).toEqual([4, 'x=7\n']);
  });
});
