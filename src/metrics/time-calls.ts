/** The same object, except that the time of each call that gives a promise is reported, in milliseconds. */
export function timeCalls<Target extends object>(
  target: Target,
  onCall: (durationMs: number) => void,
): Target {
  return new Proxy(target, {
    get: (_target, name): unknown => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...values: unknown[]): unknown => {
        const started = performance.now();
        const result: unknown = Reflect.apply(member, target, values);
        if (result instanceof Promise) {
          const tell = (): void => {
            onCall(performance.now() - started);
          };
          void result.then(tell, tell);
        }
        return result;
      };
    },
  });
}
