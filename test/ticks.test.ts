import { expect, it } from 'vitest';
import { runCommonJs } from './support/child';

it('one object of process.nextTick outlives collections, and nothing that it referred to', async () => {
  const code = `
    const { AsyncLocalStorage, createHook } = require('node:async_hooks');
    const { spawn } = require('greenify');
    const ticks = [];
    const init = (id, type, trigger, tick) => type === 'TickObject' && ticks.push(new WeakRef(tick));
    const hook = createHook({ init }).enable();
    new AsyncLocalStorage().run({}, () => {
      spawn(() => {});
      process.nextTick(() => {});
    });
    hook.disable();
    setTimeout(() => {
      gc();
      const alive = ticks.map((tick) => tick.deref()).filter(Boolean);
      const values = alive.flatMap((tick) => Reflect.ownKeys(tick).map((key) => typeof tick[key]));
      console.log(ticks.length > 1, alive.length, [...new Set(values)].sort().join());
    }, 10);`;
  const { stdout } = await runCommonJs(code, { flags: ['--expose-gc'] });
  expect(stdout).toBe('true 1 number,undefined\n');
});
