/**
 * Environment for glibc's allocator, which reads it when a process starts; other C libraries ignore it. Left alone it
 * holds on to memory that was freed: two face workers took 462 MiB at rest without settings, 398 MiB with these. Blocks
 * of up to 4 MiB, as decoders ask for by the dozen, come out of memory that is there already: mapping it again costs
 * decoding a JPEG of 640 × 480 more time than the decoding itself where a page fault is slow, as in virtual machines.
 */
export const allocatorSettings = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  MALLOC_TRIM_THRESHOLD_: '16777216',
} as const;
