import { describe, expect, it } from 'vitest';
import {
  doctorKnows,
  itIsScoped,
  itIterates,
  itKeepsTransactions,
  itLetsFunctionsWait,
  itWaitsGreen,
  run,
} from './sqlite';

const busy = {
  name: 'TypeError',
  message: 'This database connection is busy executing a query',
};

/** Version 13 is for Node 22 and later. */
const isForThisNode = (driver: string): boolean =>
  driver === 'better-sqlite3' || Number(process.versions.node.split('.')[0]) >= 22;

describe.each(['better-sqlite3', 'better-sqlite3-13'].filter(isForThisNode))('%s', (driver) => {
  itWaitsGreen(driver, 'better-sqlite3', ['better-sqlite3']);
  itKeepsTransactions(driver);
  itLetsFunctionsWait(driver);
  itIterates(driver, busy);
  doctorKnows(driver);

  it('makes a backup while green threads wait in its connection all the time', async () => {
    expect(await run('threads.mjs', [driver, 'backup'])).toEqual({
      sound: 'ok',
      steps: true,
      failed: 'from the handler',
    });
  });
});

describe('better-sqlite3', () => itIsScoped('better-sqlite3'));
