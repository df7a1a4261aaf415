/** Where output goes, and how wide its lines may be. */
export interface Output {
  write: (text: string) => void;
  error: (text: string) => void;
  width: number;
}

/** For continuous integration. */
export const exitCodes = { green: 0, hindered: 1, usage: 2 } as const;
