// Whether what was sampled has stayed what it was.

/** Units, and how much more there may be at the end of what is compared: a share, and a number. */
const measures = {
  rss: { what: 'resident memory', unit: ' KB', share: 0.08, more: 6 * 1024 },
  heap: { what: "V8's heap", unit: ' KB', share: 0.08, more: 2 * 1024 },
  descriptors: { what: 'open descriptors', unit: '', share: 0, more: 1 },
  threads: { what: 'kernel threads', unit: '', share: 0, more: 1 },
  mappings: { what: 'memory mappings', unit: '', share: 0.05, more: 20 },
  green: { what: 'green threads', unit: '', share: 0, more: 0 },
  offload: { what: 'offload threads', unit: '', share: 0, more: 0 },
};

/** Caches fill for a while: what is allowed when there was little time for that. */
const shortRests = 12;
const shortShare = 0.35;

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The first third is for warming up; the second is compared with the last. */
function windowsOf(rests) {
  const third = Math.floor(rests.length / 3);
  return { early: rests.slice(third, rests.length - third), late: rests.slice(-third) };
}

/** One line for each measure; `isFlat` says whether it is what it should be. */
export function judge(rests) {
  if (rests.length < 3) {
    return [{ isFlat: false, text: `only ${rests.length} rests: too few to be compared` }];
  }
  const { early, late } = windowsOf(rests);
  return Object.entries(measures).map(([key, { what, unit, share, more }]) => {
    const [before, after] = [early, late].map((rests) => median(rests.map((rest) => rest[key])));
    const isShort = share > 0 && rests.length < shortRests;
    const limit = Math.round(before * (1 + (isShort ? shortShare : share)) + more);
    const text = `${what} at rest: ${before}${unit}, then ${after}${unit} (limit ${limit}${unit})`;
    return { isFlat: after <= limit, text };
  });
}

const columns = ['sample', 'second', 'steps', ...Object.keys(measures)];

/** The course of all samples, as comma-separated values. */
export function toCsv(samples) {
  const rows = samples.map((sample) => columns.map((column) => sample[column]).join(','));
  return [columns.join(','), ...rows, ''].join('\n');
}
