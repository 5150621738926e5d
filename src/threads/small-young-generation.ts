/**
 * For threads whose data lives outside the JavaScript heap: V8 would let the young generation of each grow to 48 MB
 * before it looks for garbage. With two face workers the service took 540 MB under load, with this 490 MB, and no
 * longer for a picture.
 */
export const smallYoungGeneration = { maxYoungGenerationSizeMb: 6 } as const;
