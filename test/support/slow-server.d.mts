export const LATE_MS: number;
export function mountSlowly(
  lateMs?: number,
): Promise<{ directory: string; unmount: () => void } | undefined>;
