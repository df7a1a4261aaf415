import { describe } from 'vitest';
import { doctorKnows, itIsScoped, itIterates, itKeepsTransactions, itWaitsGreen } from './sqlite';

describe('libsql', () => {
  itWaitsGreen('libsql', 'libsql', ['libsql']);
  itKeepsTransactions('libsql');
  itIterates('libsql', {});
  itIsScoped('libsql');
  doctorKnows('libsql');
});
