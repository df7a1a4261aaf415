import green from './timers.js';

export * from 'node:timers';
export default green;
export const { sleep } = green;
