import type { Runner } from './runners.mjs';

export const nodeSuites: { runner: Runner }[];
