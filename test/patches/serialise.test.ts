import { sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { isInUse, oneAtATime, serialise, serialiseMethods } from '../../dist/patches/serialise';

/** A connection that says what it does, and must not be used by two at once. */
class Connection {
  readonly log: string[] = [];
  #busy = false;

  query(name: string, ms = 5): string {
    if (this.#busy) throw new Error('used by two at once');
    this.#busy = true;
    this.log.push(`${name} begins`);
    sleep(ms);
    this.log.push(`${name} ends`);
    this.#busy = false;
    return name;
  }

  queryTwice(name: string): string {
    return this.query(`${name}1`) + this.query(`${name}2`);
  }

  fail(): never {
    throw new Error('the query failed');
  }
}
serialiseMethods(Connection, [{ methods: ['query', 'queryTwice', 'fail', 'missing'] }]);

describe('methods that are serialised', () => {
  it('keep their name, their length and what is on them', () => {
    const add = (a: number, b: number): number => a + b;
    const fn = Object.assign(add, { extra: 'extra' });
    const serialised = serialise(fn, () => undefined);
    expect([serialised.name, serialised.length, serialised.extra]).toEqual(['add', 2, 'extra']);
    expect(serialised(1, 2)).toBe(3);
    expect(serialise(serialised, () => undefined)).toBe(serialised);

    expect(Connection.prototype.query.name).toBe('query');
  });

  it('are replaced where they are inherited from, and in front of where they are fixed', () => {
    class Fixed {
      wait(): string {
        return 'fixed';
      }
    }
    const own = { ...Object.getOwnPropertyDescriptor(Fixed.prototype, 'wait') };
    Object.defineProperty(Fixed.prototype, 'wait', {
      ...own,
      writable: false,
      configurable: false,
    });
    class Inheriting extends Fixed {}
    class Base {
      wait(): string {
        return 'base';
      }
    }
    class Derived extends Base {}
    const before = Object.getOwnPropertyDescriptor(Base.prototype, 'wait');
    serialiseMethods({ Inheriting, Derived }, [
      { class: 'Inheriting', methods: ['wait'] },
      { class: 'Derived', methods: ['wait'] },
    ]);
    expect(Object.keys(Object.getOwnPropertyDescriptors(Inheriting.prototype))).toContain('wait');
    expect(new Inheriting().wait()).toBe('fixed');
    expect(Object.getOwnPropertyDescriptor(Base.prototype, 'wait')).not.toEqual(before);
    expect(new Derived().wait()).toBe('base');
  });

  it('run one after another, in the order in which they were called', async () => {
    const connection = new Connection();
    const names = ['a', 'b', 'c', 'd'];
    const results = await Promise.all(names.map((name) => spawn(() => connection.query(name))));
    expect(results).toEqual(names);
    expect(connection.log).toEqual(names.flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('may call one another, and keep the connection meanwhile', async () => {
    const connection = new Connection();
    const calls = ['a', 'b'].map((name) => spawn(() => connection.queryTwice(name)));
    expect(await Promise.all(calls)).toEqual(['a1a2', 'b1b2']);
    expect(connection.log.map((line) => line.slice(0, 2))).toEqual([
      'a1',
      'a1',
      'a2',
      'a2',
      'b1',
      'b1',
      'b2',
      'b2',
    ]);
  });

  it('of other connections do not wait', async () => {
    const [one, two] = [new Connection(), new Connection()];
    const first = spawn(() => one.query('a', 50));
    await spawn(() => two.query('b', 1));
    expect(first.state).toBe('waiting');
    await first;
  });

  it('let the next one in when they throw', async () => {
    const connection = new Connection();
    const first = spawn(() => connection.query('a'));
    const failing = spawn(() => connection.fail());
    const last = spawn(() => connection.query('b'));
    await expect(failing).rejects.toThrow('the query failed');
    expect(await Promise.all([first, last])).toEqual(['a', 'b']);
  });

  it('hand the connection on before the thread that had it asks again', async () => {
    const connection = new Connection();
    const first = spawn(() => {
      connection.query('a1');
      connection.query('a2');
    });
    await Promise.all([first, spawn(() => connection.query('b'))]);
    expect(connection.log.filter((line) => line.endsWith('begins'))).toEqual([
      'a1 begins',
      'b begins',
      'a2 begins',
    ]);
  });

  it('called on the loop stack fail at once while a green thread has the connection', async () => {
    const connection = new Connection();
    const thread = spawn(function report() {
      return connection.query('a');
    });
    expect(isInUse(connection)).toBe(true);
    expect(() => connection.query('b')).toThrow(
      expect.objectContaining({
        name: 'GreenifyError',
        code: 'ERR_GREENIFY_BUSY',
        message: expect.stringMatching(/^query\(\) .*green thread "report"/) as string,
      }) as Error,
    );
    await thread;
    expect(isInUse(connection)).toBe(false);
    expect(connection.query('c', 0)).toBe('c');
  });

  it('called on the loop stack keep green threads out that they start', async () => {
    const connection = {};
    const log: string[] = [];
    let inner: PromiseLike<number> | undefined;
    oneAtATime(connection, 'outer', () => {
      inner = spawn(() => oneAtATime(connection, 'inner', () => log.push('inner')));
      log.push('outer');
    });
    await inner;
    expect(log).toEqual(['outer', 'inner']);
  });

  it('are left by a green thread that is cancelled in the queue, also when its turn has just come', async () => {
    const connection = new Connection();
    const first = spawn(() => {
      connection.query('a');
      // The connection is the second thread's now, which has not run yet.
      second.cancel(new Error('no longer wanted'));
    });
    const second = spawn(() => connection.query('b', 50));
    const third = spawn(() => connection.query('c'));
    await expect(second).rejects.toThrow('no longer wanted');
    expect(connection.log).not.toContain('b begins');
    expect(await third).toBe('c');
    await first;
    expect(isInUse(connection)).toBe(false);
  });
});
