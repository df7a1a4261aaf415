import type { SuiteRecord } from './report.mjs';

/** A suite on one Node. */
export interface KeptRecord extends SuiteRecord {
  label: string;
  node: string;
}

export function keepRecords(records: KeptRecord[], file?: string): KeptRecord[];
