// Programs on buffered streams.
import { ARGUMENTS, seed, slot } from './choices.mjs';

const [BLOCKS, DOES_NOT] = [1, 0];
const PIPE_SIZE = 65_536; // pipe(7)
const size = (random) => random.pick([0, 1, 10, 60, 100, 1000, 4095, 4096, 9000]);
/** As they come, by lines, none, and both with a small one. */
const buffering = (random) => random.below(5);

/** An operation on a stream that another actor has locked, and lets go: others like it are left out. */
const waiting = (name, ...operands) => {
  const padding = Array(ARGUMENTS - 1 - operands.length).fill(0);
  return [name, ...operands, ...padding, 1];
};

/** What reads, in some slot; `least` characters where that can be told. */
const reading = (random, a, least) =>
  random.pick([
    ['fread', a, least, random.below(2)],
    ['fgets', a, 1 + least, random.below(2)],
    ['getdelim', a, random.below(2)],
    ['fgetc', a, random.below(2)],
    ['fscanf', a],
  ]);

const writing = (random, a, most) =>
  random.pick([
    ['fwrite', a, most, seed(random)],
    ['fputs', a, most, seed(random)],
    ['fprintf', a, most, seed(random)],
    ['fputc', a, 1 + random.below(100), random.below(2)],
  ]);

export const streams = {
  longMs: 2.5,

  step(program, random) {
    const a = slot(random);
    const b = (a + 1) % 8;
    program.do(
      ...random.weighted([
        [3, ['stream_pipe', a, b, DOES_NOT, buffering(random)]],
        [6, ['stream_file', a, random.below(3), random.below(5), buffering(random)]],
        [2, ['stream_memory', a]],
        [20, reading(random, a, size(random))],
        [20, writing(random, a, size(random))],
        [3, ['ungetc', a, 65 + random.below(26)]],
        [6, ['fflush', a]],
        [8, ['fseek', a, random.pick([0, 0, 1, -1, 50, 5000, 100_000]), random.below(3)]],
        [4, ['ftell', a]],
        [4, ['clearerr', a]],
        [3, ['ftrylockfile', a]],
        [4, ['funlockfile', a]],
        [3, ['fclose', a]],
      ]),
    );
  },

  exchange(program, random) {
    random.pick([
      () => {
        program.do('stream_pipe', 8, 9, BLOCKS, buffering(random));
        const bytes = 1 + random.below(9000);
        program.exchange({
          waits: reading(random, 8, random.pick([1, 10, bytes])),
          coda: [reading(random, 8, 1)],
          ends: [
            ['fputs', 9, random.below(bytes), seed(random)],
            ['fflush', 9],
            ['usleep', random.below(500)],
            ['fputs', 9, bytes, seed(random)],
            ['fclose', 9],
          ],
        });
      },
      () => {
        const written = 200_000;
        program.do('stream_pipe', 8, 9, BLOCKS, random.pick([0, 1, 3]));
        program.exchange({
          waits: random.pick([
            ['fwrite', 9, written, seed(random)],
            ['fputs', 9, written, seed(random)],
            ['fprintf', 9, written, seed(random)],
          ]),
          coda: [['fclose', 9]],
          ends: [['fread', 8, written - PIPE_SIZE / 2]],
        });
      },
      () => {
        program.do('stream_pipe', 8, 9, BLOCKS, 0);
        program.do('fwrite', 9, PIPE_SIZE, seed(random));
        program.do('fputs', 9, 1 + random.below(4000), seed(random));
        program.exchange({
          waits: random.pick([
            ['fflush', 9],
            ['fclose', 9],
            ['fseek', 9, 0, 0],
          ]),
          ends: [['fread', 8, PIPE_SIZE]],
        });
      },
      () => {
        program.do('stream_file', 8, 0, 3, buffering(random));
        program.do('flockfile', 8);
        const [waits, coda] = random.pick([
          [waiting('flockfile', 8), [['funlockfile', 8]]],
          [waiting('fputs', 8, 100, seed(random)), []],
          [waiting('fseek', 8, 0, 0), []],
          [waiting('ftell', 8), []],
        ]);
        program.exchange({ waits, coda, ends: [['funlockfile', 8]] });
      },
    ])();
    for (const a of [8, 9]) program.do('fclose', a);
  },
};
