export function isStale(): boolean;
export function build(options?: { clean?: boolean }): Promise<void>;
