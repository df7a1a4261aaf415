export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  crashes: number;
}

export interface SuiteRecord {
  counts: { plain: Counts; registered: Counts; green?: Counts };
  lost: { registered: LostTest[]; green?: LostTest[] };
}

export interface LostTest {
  name: string;
  why?: string | undefined;
}

/** Whether greenify costs a test that is not explained. */
export function hasLost(record: SuiteRecord): boolean;
