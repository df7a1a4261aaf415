/** Of what one process has reported, the leaks that are greenify's, and everything else. */
export function reportsIn(text: string): string[];
