import green from './child_process.js';

export * from 'node:child_process';
export default green;
export const { execFileSync, execSync, spawnSync } = green;
