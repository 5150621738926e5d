/** @throws Error unless the vector is finite and of length 1. */
export function assertUnitTemplate(template: Float32Array): void {
  const length = Math.hypot(...template);
  if (!(Math.abs(length - 1) < 1e-3)) throw new Error(`A template has the length ${length}.`);
}
