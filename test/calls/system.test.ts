import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { at, pointerAt, text } from './structures';
import * as ways from './ways';
import { calls, errno, green, plain, stillWaits, type Call, type Outcome } from './ways';

const [SIGINT, SIGQUIT, SIGCHLD] = [2, 3, 17];
const exited = (status: number): Outcome => ({ result: status << 8, errno: 0 });
const killed = (signal: number): Outcome => ({ result: signal, errno: 0 });

/** A command that goes on when a file is there, and what makes it go on. */
function waitingCommand(then: string): { command: string; goOn: () => void } {
  const path = ways.newPath();
  return {
    command: `until [ -e ${path} ]; do sleep 0.01; done; ${then}`,
    goOn: () => writeFileSync(path, ''),
  };
}

/** One way after another: what system(3) ignores meanwhile is the process's. */
async function bothWays<T>(play: (call: Call) => Promise<T>): Promise<T> {
  const plainly = await play(plain);
  expect(await play(green), 'in a green thread').toEqual(plainly);
  return plainly;
}

/** Signals that the process ignores, or a thread blocks; proc_pid_status(5). */
function signalsOf(field: 'SigIgn' | 'SigBlk'): bigint {
  const status = readFileSync('/proc/self/status', 'utf8');
  const line = new RegExp(`^${field}:\\s*(\\w+)$`, 'm').exec(status);
  return BigInt(`0x${line![1]}`);
}
const has = (set: bigint, signal: number): boolean => ((set >> BigInt(signal - 1)) & 1n) === 1n;

describe('system', () => {
  behaviour('system', 'child')('waits for the shell, and says how it ended', async () => {
    const outcomes = await bothWays(async (call) => {
      const { command, goOn } = waitingCommand('exit 7');
      const pending = call('system', command);
      await stillWaits(pending);
      goOn();
      return [
        await pending,
        await call('system', 'true'),
        await call('system', 'kill -9 $$'),
        await call('system', 'no-such-command 2> /dev/null'),
      ];
    });
    expect(outcomes).toEqual([exited(7), exited(0), killed(9), exited(127)]);
  });

  behaviour('system', 'NULL')('says that there is a shell', async () => {
    expect(await bothWays((call) => call('system', null))).toEqual({ result: 1, errno: 0 });
  });

  behaviour('system', 'SIGINT and SIGQUIT')(
    'has the process ignore SIGINT and SIGQUIT until the last of several commands has ended',
    async () => {
      const seen = await bothWays(async (call) => {
        const ignored = (): boolean[] =>
          [SIGINT, SIGQUIT].map((signal) => has(signalsOf('SigIgn'), signal));
        const before = ignored();
        const [first, second] = [waitingCommand('exit 1'), waitingCommand('exit 2')];
        const pending = [call('system', first.command), call('system', second.command)];
        await stillWaits(Promise.race(pending));
        const during = ignored();
        process.kill(process.pid, 'SIGINT');
        first.goOn();
        const ended = [await pending[0]];
        const between = ignored();
        second.goOn();
        ended.push(await pending[1]);
        return [before, during, between, ignored(), ended];
      });
      const [no, yes] = [
        [false, false],
        [true, true],
      ];
      expect(seen).toEqual([no, yes, yes, no, [exited(1), exited(2)]]);
    },
  );

  behaviour('system', 'SIGCHLD')(
    'blocks SIGCHLD for nobody else, so that Node is told of its children',
    async () => {
      const loopBlocked = signalsOf('SigBlk');
      const { command, goOn } = waitingCommand('exit 0');
      const pending = green('system', command);
      await stillWaits(pending);
      expect(has(signalsOf('SigBlk'), SIGCHLD)).toBe(false);
      const { stdout } = await promisify(execFile)('echo', ['another child']);
      expect(stdout).toBe('another child\n');
      goOn();
      expect(await pending).toEqual(exited(0));
      expect(signalsOf('SigBlk')).toBe(loopBlocked);
    },
  );
});

describe('popen and pclose', () => {
  const open = (command: string, mode: string): number => calls['popen']!(command, mode).result;

  behaviour('pclose', 'child')('wait for the command, and say how it ended', async () => {
    const outcomes = await bothWays(async (call) => {
      const { command, goOn } = waitingCommand('exit 5');
      const stream = (await call('popen', command, 'r')).result;
      const pending = call('pclose', stream);
      await stillWaits(pending);
      goOn();
      return pending;
    });
    expect(outcomes).toEqual(exited(5));
  });

  it('have what was written reach the command before it is waited for', async () => {
    const path = ways.newPath();
    const stream = open(`sleep 0.05; cat > ${path}; exit 3`, 'w');
    ways.originalCalls['fputs']!('written\n', stream);
    expect(await green('pclose', stream)).toEqual(exited(3));
    expect(readFileSync(path, 'utf8')).toBe('written\n');
  });

  it('of one do not wait for another’s command', async () => {
    const [slow, quick] = [waitingCommand('exit 1'), open('exit 2', 'r')];
    const first = open(slow.command, 'r');
    const pending = green('pclose', first);
    expect(await green('pclose', quick)).toEqual(exited(2));
    slow.goOn();
    expect(await pending).toEqual(exited(1));
  });

  behaviour('pclose', 'ECHILD')('say so when somebody else has waited for it', async () => {
    const outcome = await bothWays(async (call) => {
      const stream = (await call('popen', 'exit 4', 'r')).result;
      let taken = 0;
      while (taken <= 0) {
        await delay(1);
        taken = (await call('waitpid', -1, Buffer.alloc(4), 1)).result;
      }
      return call('pclose', stream);
    });
    expect(outcome).toEqual({ result: -1, errno: errno.ECHILD });
  });
});

describe('wordexp', () => {
  const [WRDE_NOCMD, WRDE_CMDSUB] = [4, 4];

  /** The words that a text is expanded to. */
  async function expand(call: Call, words: string, flags = 0): Promise<unknown> {
    const result = Buffer.alloc(24); // wordexp_t
    const { result: error } = await call('wordexp', words, result, flags);
    if (error !== 0) return error;
    const list = at(pointerAt(result, 8), 8 * Number(result.readBigUInt64LE(0)));
    return Array.from({ length: list.length / 8 }, (_, i) => text(pointerAt(list, 8 * i)));
  }

  behaviour('wordexp', ['command substitution', 'WRDE_NOCMD'])(
    'waits for the commands in a text, unless they are not to be run',
    async () => {
      const expanded = await bothWays(async (call) => {
        const { command, goOn } = waitingCommand('echo b c');
        const pending = expand(call, `a $(${command})`);
        await stillWaits(pending);
        goOn();
        return [await pending, await expand(call, 'a $(echo b)', WRDE_NOCMD)];
      });
      expect(expanded).toEqual([['a', 'b', 'c'], WRDE_CMDSUB]);
      expect(existsSync('/bin/sh')).toBe(true);
    },
  );
});
